/* The Listen button: the browser reads the step aloud. It uses only a voice that is installed on the device, so that no
   text is sent anywhere. Without such a voice, the button stays hidden. The site works without this file.
   The words of a button are never read or written here: a browser that translates the page changes them. */
(() => {
  "use strict";
  const bar = document.querySelector(".listen");
  const speech = window.speechSynthesis;
  if (!bar || !speech) return;
  const page = document.documentElement;
  const [start, pause, stop] = bar.querySelectorAll("button");
  const [pausing, resuming] = pause.children;
  let voice = null;
  let parts = [];
  let paused = false;

  // A translation changes the language of the page, so the voice is looked for again then. A step that is not
  // translated yet stands in its own language inside the page.
  const step = document.querySelector("main [data-read]");
  const look = () => {
    const language = step.closest("[lang]").lang.slice(0, 2);
    voice = speech.getVoices().find((one) => one.localService && one.lang.slice(0, 2) === language);
    bar.hidden = !voice;
  };

  const wait = (waiting) => {
    paused = waiting;
    pausing.hidden = waiting;
    resuming.hidden = !waiting;
  };

  const show = (reading) => {
    start.hidden = reading;
    pause.hidden = stop.hidden = !reading;
    wait(false);
  };

  // How a word is said is written in syllables ("AN-tee-bah-dee"): for the eye, not for a voice.
  const text = (element) => {
    const copy = element.cloneNode(true);
    copy.querySelectorAll("[aria-hidden=true]").forEach((part) => part.remove());
    return copy.textContent;
  };

  // Speak one sentence at a time, because some voices stop in the middle of a long text.
  const sentences = () =>
    [...document.querySelectorAll("main h1, main [data-read] :is(h2, p, li)")]
      .flatMap((element) => text(element).trim().match(/[^.?:。]+[.?:。]*/g) || [])
      .map((part) => part.trim())
      .filter(Boolean);

  const end = () => {
    parts = [];
    show(false);
  };

  const next = () => {
    if (!parts.length || !voice) return end();
    const said = new SpeechSynthesisUtterance(parts.shift());
    said.voice = voice;
    said.lang = voice.lang;
    said.onend = next;
    said.onerror = end;
    speech.speak(said);
  };

  start.addEventListener("click", () => {
    speech.cancel();
    parts = sentences();
    show(true);
    pause.focus();
    next();
  });
  pause.addEventListener("click", () => {
    wait(!paused);
    if (paused) speech.pause();
    else speech.resume();
  });
  stop.addEventListener("click", () => {
    end();
    speech.cancel();
    start.focus();
  });
  window.addEventListener("pagehide", () => speech.cancel());
  speech.addEventListener?.("voiceschanged", look);
  new MutationObserver(look).observe(page, { attributeFilter: ["lang"] });
  look();
})();
/* The "Show password" button, so that people can read what they typed, in all password fields of the form. */
(() => {
  "use strict";
  const button = document.querySelector(".show");
  const fields = [...document.querySelectorAll("input[type=password]")];
  if (!button || !fields.length) return;
  const [showing, hiding] = button.children;
  const show = (shown) => {
    for (const field of fields) field.type = shown ? "text" : "password";
    showing.hidden = shown;
    hiding.hidden = !shown;
  };
  button.addEventListener("click", () => show(fields[0].type === "password"));
  fields[0].form.addEventListener("submit", () => show(false));
  button.hidden = false;
})();
/* The button that shares an address in the device's own way, where the browser has one. */
(() => {
  "use strict";
  const way = document.querySelector("[data-share]");
  if (!way || !navigator.share) return;
  way.querySelector("button").addEventListener("click", () => {
    navigator.share({ url: way.dataset.share }).catch(() => {}); // the person may close it again
  });
  way.hidden = false;
})();
