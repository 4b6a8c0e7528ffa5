// @ts-check
// Makes and uses passkeys. Without it every page offers another way: login, password and code.
//
// A form with data-passkey="get" or "create" is shown where the browser can do it. It is sent to
// data-options, the browser asks the person, and the answer goes to data-finish with the same fields.
// What to say when nothing else is known stands in data-wrong, in the language of the page.

const bytes = (/** @type {string} */ text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (/** @type {ArrayBuffer | null | undefined} */ buffer) =>
  buffer &&
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
const listed = (/** @type {{id: string}[] | undefined} */ keys) =>
  (keys ?? []).map((key) => ({ ...key, type: /** @type {const} */ ("public-key"), id: bytes(key.id) }));

async function send(/** @type {string} */ path, /** @type {URLSearchParams} */ fields) {
  const answer = await fetch(path, { method: "POST", body: fields, headers: { accept: "application/json" } });
  const facts = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(facts.text ?? "");
  return facts;
}

async function asked(/** @type {string} */ how, /** @type {any} */ options) {
  const challenge = bytes(options.challenge);
  if (how === "get") {
    const publicKey = { ...options, challenge, allowCredentials: listed(options.allowCredentials) };
    return navigator.credentials.get({ publicKey });
  }
  const user = { ...options.user, id: bytes(options.user.id) };
  const excludeCredentials = listed(options.excludeCredentials);
  return navigator.credentials.create({ publicKey: { ...options, challenge, user, excludeCredentials } });
}

function readable(/** @type {any} */ key) {
  const given = key.response;
  return JSON.stringify({
    id: key.id,
    rawId: text(key.rawId),
    type: key.type,
    clientExtensionResults: {},
    response: {
      clientDataJSON: text(given.clientDataJSON),
      attestationObject: text(given.attestationObject),
      authenticatorData: text(given.authenticatorData),
      signature: text(given.signature),
      userHandle: text(given.userHandle),
    },
  });
}

async function run(/** @type {HTMLFormElement} */ form) {
  const { passkey = "", options = "", finish = "" } = form.dataset;
  const fields = () => new URLSearchParams(/** @type {any} */ (new FormData(form)));
  const key = await asked(passkey, await send(options, fields()));
  if (!key) throw new Error();
  const answer = fields();
  answer.set("credential", readable(key));
  location.assign((await send(finish, answer)).go);
}

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-passkey]"))) {
  const say = /** @type {HTMLElement} */ (form.querySelector("[data-say]"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  if (window.PublicKeyCredential && location.origin === form.dataset.origin) form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    say.textContent = "";
    try {
      await run(form);
    } catch (error) {
      const ours = error instanceof Error && error.constructor === Error;
      say.textContent = (ours && error.message) || (form.dataset.wrong ?? "");
    } finally {
      button.disabled = false;
    }
  });
}
