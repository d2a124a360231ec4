"""What a page is asked in the browser: can each part be pressed, is the focus seen, does the text fit."""

# Whatever stands alone and is pressed: a finger needs 44 CSS px each way. A link inside a sentence is exempt.
SMALL_TARGETS = """() => [...document.querySelectorAll(
    `button, .btn, .back, summary, .opt label, .rows a, .err-sum a, .number a, td a, td.tick label, th a,
     header a, footer a`
)].filter(e => e.checkVisibility({visibilityProperty: true}))
  .map(e => [e, e.getBoundingClientRect()]).filter(([e, box]) => box.width < 43.5 || box.height < 43.5)
  .map(([e, box]) => `“${e.textContent.trim()}” is ${Math.round(box.width)} x ${Math.round(box.height)} px`)"""

# Every stop of the Tab key: inside the window, and drawn otherwise than without the focus (itself, or its label).
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

# 200 % text, and the spacing of WCAG 1.4.12 with it, as a reader's own style (the CSP lets no <style> in).
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
