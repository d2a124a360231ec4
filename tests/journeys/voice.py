"""A voice for the browser of the tests."""

# The machine that runs the tests has no voice. This fake records each part, and `finish()` ends the current one.
VOICE = """
const said = window.said = [];
let now = null;
const speech = {
  speak(part) { said.push(part); now = part },
  cancel() { now = null; said.push("cancel") }, pause() { said.push("pause") }, resume() { said.push("resume") },
  getVoices: () => [{lang: "en-US", localService: LOCAL}],
};
window.finish = () => now && now.onend();
window.SpeechSynthesisUtterance = function (text) { this.text = text };
Object.defineProperty(window, "speechSynthesis", {value: speech});
"""
