"""Scripts that check a page in the browser: target sizes, visible focus, text that fits."""

# Controls outside a sentence must be at least 44 x 44 CSS px, so that a finger can hit them, and 32 x 32 on the Desk.
# Inline links are exempt.
SMALL_TARGETS = """(least = document.body.classList.contains("d2") ? 31.5 : 43.5) => [...document.querySelectorAll(
    `button, .btn, .back, summary, .opt label, .rows a, .err-sum a, .number a, td a, td.tick label, th a,
     header a, footer a`
)].filter(e => e.checkVisibility({visibilityProperty: true}))
  .map(e => [e, e.getBoundingClientRect()]).filter(([e, box]) => box.width < least || box.height < least)
  .map(([e, box]) => `“${e.textContent.trim()}” is ${Math.round(box.width)} x ${Math.round(box.height)} px`)"""

# Each tab stop must be inside the window when it has the focus, and it or its label must look different then.
UNSEEN_FOCUS = """() => {
    const drawn = element => {
        const style = getComputedStyle(element);
        return style.outlineStyle + style.outlineWidth + style.boxShadow + style.backgroundColor;
    };
    const stops = [...document.querySelectorAll(
        "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
    )].filter(e => e.checkVisibility({visibilityProperty: true}) && !e.disabled);
    const unseen = stops.filter(stop => {
        const parts = [stop, ...(stop.labels || [])];
        const before = parts.map(drawn);
        stop.focus({focusVisible: true});
        const box = stop.getBoundingClientRect();
        const outside = box.bottom <= 0 || box.top >= innerHeight;
        return document.activeElement !== stop || outside || parts.every((e, n) => drawn(e) === before[n]);
    });
    document.activeElement.blur();
    scrollTo(0, 0);
    return unseen.map(stop => `the focus cannot be seen on ${stop.outerHTML.slice(0, 90)}`);
}"""

# 200 % text with the spacing of WCAG 1.4.12. A constructed style sheet, because the CSP refuses a <style> element.
WIDE_TEXT = """() => {
    document.documentElement.style.fontSize = "200%";
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`
        * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
        p { margin-bottom: 2em !important }
    `);
    document.adoptedStyleSheets = [sheet];
}"""
SIDEWAYS = "() => document.scrollingElement.scrollWidth - innerWidth"
WIDEST = """() => [...document.querySelectorAll("main *, header *, footer *")]
    .filter(e => e.getBoundingClientRect().right > innerWidth && !e.closest(".scroll"))
    .slice(0, 3).map(e => e.outerHTML.slice(0, 60)).join(" ")"""
