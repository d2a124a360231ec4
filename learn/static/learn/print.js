// The Print button. Without a script it stays hidden, and the page says how to print.
const button = document.getElementById("print");
if (button) {
  button.hidden = false;
  document.getElementById("by-hand")?.remove();
  button.addEventListener("click", () => window.print());
}
