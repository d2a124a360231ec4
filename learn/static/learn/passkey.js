/* Passkeys: let the browser's own window ask for a finger, a face or a key, and send what it signed. The challenge is in
   the form. Without this file, or in a browser that knows no passkeys, the form stays hidden: a code from an app works. */
(() => {
  "use strict";
  const form = document.querySelector(".passkey");
  if (!form || !window.PublicKeyCredential) return;
  const adds = "add" in form.dataset;

  const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", "");

  // What stands as text in the challenge, browsers want as bytes.
  const challenge = () => {
    const { publicKey } = JSON.parse(form.dataset.add || form.dataset.use);
    publicKey.challenge = bytes(publicKey.challenge);
    if (publicKey.user) publicKey.user.id = bytes(publicKey.user.id);
    for (const one of publicKey.excludeCredentials || publicKey.allowCredentials || []) one.id = bytes(one.id);
    return { publicKey };
  };

  const sent = (found) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (found.response[name]) response[name] = text(found.response[name]);
    }
    const clientExtensionResults = found.getClientExtensionResults();
    return JSON.stringify({ id: found.id, rawId: found.id, type: found.type, response, clientExtensionResults });
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const failed = form.querySelector("[data-failed]");
    if (failed) failed.hidden = true;
    try {
      const found = await (adds ? navigator.credentials.create(challenge()) : navigator.credentials.get(challenge()));
      form.elements.credential.value = sent(found);
      form.submit();
    } catch {
      if (failed) failed.hidden = false; // the person closed the window, or there is no passkey here
    }
  });
  document.querySelector(".no-passkey")?.remove();
  form.hidden = false;
})();
