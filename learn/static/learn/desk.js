/* The Copy button of the Desk. It is optional: without this file, staff select the text by hand. */
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
      document.execCommand("copy"); // navigator.clipboard needs HTTPS
    }
    copy.querySelector("[role=status]").textContent = button.dataset.done;
  });
})();
