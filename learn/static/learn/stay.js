/* Two minutes before a sign-in ends, show a warning with a button to stay signed in. Only pages with such a sign-in load
   this file. */
(() => {
  "use strict";
  const WARN = 120; // seconds before the end
  const warning = document.querySelector(".idle");
  if (!warning) return;
  const [soon, over] = warning.querySelectorAll("div");
  const away = warning.querySelector(".away");
  const given = (seconds) => Date.now() + seconds * 1000;
  let end = given(Number(warning.dataset.left));
  let timer;

  // Compare with the clock, because timers stop while a phone sleeps.
  const look = () => {
    const left = (end - Date.now()) / 1000;
    clearTimeout(timer);
    soon.hidden = left <= 0;
    over.hidden = !soon.hidden;
    warning.hidden = left > WARN;
    if (left > 0) timer = setTimeout(look, 1000 * (left > WARN ? left - WARN : left));
  };

  warning.addEventListener("submit", async (event) => {
    event.preventDefault();
    const sent = { method: "POST", body: new FormData(warning), redirect: "manual" };
    const answer = await fetch(warning.action, sent).catch(() => null);
    away.hidden = answer !== null; // without a network the page stays, with what was typed
    if (!answer) return;
    if (answer.status !== 204) return location.reload(); // too late: the reloaded page says so
    end = given(Number(warning.dataset.all));
    look();
  });
  document.addEventListener("visibilitychange", look);
  look();
})();
