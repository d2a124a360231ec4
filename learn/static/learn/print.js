// The Print button. Without a script it stays hidden, and the page says which keys print it.
const button = document.getElementById("print");
if (button) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
