/* The Desk's few comforts. Everything works without this file: a text can be selected by hand. */
(() => {
  "use strict";
  const copy = document.getElementById("copy");
  const note = document.getElementById("note");
  if (!copy || !note) return;
  const button = copy.querySelector("button");
  copy.hidden = false;
  button.addEventListener("click", async () => {
    note.select();
    try {
      await navigator.clipboard.writeText(note.value);
    } catch {
      document.execCommand("copy"); // a site without https has no clipboard of its own
    }
    copy.querySelector("[role=status]").textContent = button.dataset.done;
  });
})();

/* A warning two minutes before a nurse is signed out. */
(() => {
  "use strict";
  const WARN = 120; // seconds before the end
  const ALL = 900; // seconds that a POST gives
  const warning = document.querySelector(".idle");
  const left = Number(document.body.dataset.left);
  if (!warning || !left) return;
  let timer;

  const wait = (seconds) => {
    warning.hidden = true;
    clearTimeout(timer);
    timer = setTimeout(() => { warning.hidden = false; }, Math.max(seconds - WARN, 0) * 1000);
  };

  warning.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await fetch(warning.action, { method: "POST", body: new FormData(warning), redirect: "manual" });
    if (answer.status === 204) wait(ALL);
    else location.reload(); // too late: the sign-in page says so
  });
  wait(left);
})();
