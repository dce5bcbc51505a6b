// Passkeys: a page says what is to be signed, the browser hashes it itself and asks the authenticator (WebAuthn).
import { continues } from "./heads.js";

const url = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

async function sign(form) {
  const message = new TextEncoder().encode(form.dataset.message);
  const allowed = form.dataset.credentials.split(" ").filter(Boolean);
  return navigator.credentials.get({
    publicKey: {
      challenge: await crypto.subtle.digest("SHA-256", message),
      rpId: form.dataset.party,
      userVerification: "required",
      timeout: 120000,
      allowCredentials: allowed.map((id) => ({ type: "public-key", id: url(id) })),
    },
  });
}

async function register(form) {
  const options = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(form.dataset.options));
  return navigator.credentials.create({ publicKey: options });
}

async function use(form) {
  const said = form.querySelector(".said");
  if (!(await continues)) {
    said.textContent = "Nothing is signed here: this is not the log you saw before.";
    return;
  }
  if (!form.reportValidity()) return;
  said.textContent = "Use your passkey now.";
  try {
    const credential = await ("register" in form.dataset ? register(form) : sign(form));
    form.elements.namedItem("credential").value = JSON.stringify(credential.toJSON());
  } catch (error) {
    said.textContent =
      error.name === "InvalidStateError"
        ? "This authenticator has a passkey for this service already. Take another one."
        : `The passkey was not used (${error.name}). Try again, or take another way.`;
    return;
  }
  said.textContent = "";
  form.requestSubmit();
}

for (const form of document.querySelectorAll("form[data-sign], form[data-register]")) {
  const button = form.querySelector("[data-passkey]");
  button.addEventListener("click", () => use(form));
  // Disabled until here, so that nobody presses a button that does not listen yet.
  button.disabled = false;
}
