// The Print button: hidden where there is no script; the page says which keys print it.
const button = document.getElementById("print");
if (button) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
