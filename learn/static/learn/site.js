/* The Listen button: the browser reads the step aloud. It uses only a voice that is installed on the device, so that no
   text is sent anywhere. Without such a voice, the button stays hidden. The site works without this file. */
(() => {
  "use strict";
  const bar = document.querySelector(".listen");
  const speech = window.speechSynthesis;
  if (!bar || !speech) return;
  const [start, pause, stop] = bar.querySelectorAll("button");
  const language = document.documentElement.lang;
  let voice = null;
  let parts = [];

  const look = () => {
    voice = speech.getVoices().find((one) => one.localService && one.lang.slice(0, 2) === language.slice(0, 2));
    bar.hidden = !voice;
  };

  const show = (reading) => {
    start.hidden = reading;
    pause.hidden = stop.hidden = !reading;
    pause.textContent = pause.dataset.pause;
  };

  // Speak one sentence at a time, because some voices stop in the middle of a long text.
  const sentences = () =>
    [...document.querySelectorAll("main h1, main [data-read] :is(h2, p, li)")]
      .flatMap((element) => element.textContent.trim().match(/[^.?:]+[.?:]*/g) || [])
      .map((part) => part.trim())
      .filter(Boolean);

  const next = () => {
    if (!parts.length) return show(false);
    const said = new SpeechSynthesisUtterance(parts.shift());
    said.voice = voice;
    said.lang = voice.lang;
    said.onend = next;
    said.onerror = () => {
      parts = [];
      show(false);
    };
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
    const going = pause.textContent === pause.dataset.pause;
    if (going) speech.pause();
    else speech.resume();
    pause.textContent = going ? pause.dataset.resume : pause.dataset.pause;
  });
  stop.addEventListener("click", () => {
    parts = [];
    speech.cancel();
    show(false);
    start.focus();
  });
  window.addEventListener("pagehide", () => speech.cancel());
  speech.addEventListener?.("voiceschanged", look);
  look();
})();
/* The "Show password" button, so that people can read what they typed, in all password fields of the form. */
(() => {
  "use strict";
  const button = document.querySelector(".show");
  const fields = [...document.querySelectorAll("input[type=password]")];
  if (!button || !fields.length) return;
  const show = (shown) => {
    for (const field of fields) field.type = shown ? "text" : "password";
    button.textContent = shown ? button.dataset.hide : button.dataset.show;
  };
  button.addEventListener("click", () => show(fields[0].type === "password"));
  fields[0].form.addEventListener("submit", () => show(false));
  button.hidden = false;
})();
