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
