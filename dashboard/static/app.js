// @ts-check
// Makes the pages an app: the service worker, and the hint to put it on the phone. Nothing here is needed.

const installed = matchMedia("(display-mode: standalone)").matches || "standalone" in navigator && navigator.standalone;
const hint = document.getElementById("hint");
const HIDDEN = "wayhome-hint-hidden";

if ("serviceWorker" in navigator) {
  const workers = navigator.serviceWorker;
  workers.register("/sw.js", { scope: "/" }).catch((error) => console.warn("no service worker", error));
  // A page that is on its way while the worker takes all pages over (the one after the login) is not among them.
  workers.ready.then(({ active }) => workers.controller ?? active?.postMessage("take me over"));
}
if (document.body.dataset.nobody !== undefined && location.pathname === "/login" && "caches" in window) {
  caches.delete("wayhome-seen"); // nobody is logged in: nothing of what somebody saw stays
}
if (hint && !installed && !localStorage.getItem(HIDDEN)) hint.hidden = false;
document.getElementById("hint-away")?.addEventListener("click", () => {
  localStorage.setItem(HIDDEN, "1");
  if (hint) hint.hidden = true;
});
addEventListener("beforeinstallprompt", (event) => {
  const button = document.getElementById("install");
  if (!button) return;
  event.preventDefault();
  button.hidden = false;
  button.addEventListener("click", () => /** @type {any} */ (event).prompt(), { once: true });
});

// A second tap while the answer is on its way would do it all once more: a second pack for the police, or a link to
// it whose code nobody ever sees.
const TWICE_MS = 5_000;
let sent = /** @type {WeakMap<HTMLFormElement, number>} */ (new WeakMap());
addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (event.defaultPrevented || form.method !== "post") return;
  if (Date.now() - (sent.get(form) ?? 0) < TWICE_MS) event.preventDefault();
  else sent.set(form, Date.now());
});
addEventListener("pageshow", () => (sent = new WeakMap()));

// An answer that refuses something is read first: the field that is wrong, or the sentence that says what is.
// A page that keeps itself fresh (#connection) was not refused.
const refused = document.getElementById("connection") ? null : /** @type {HTMLElement | null} */ (document.querySelector('main [aria-invalid="true"]'))
  ?? /** @type {HTMLElement | null} */ (document.querySelector("main .mistake, main .card.urgent[role=alert]"));
if (refused) {
  for (let part = refused.closest("details"); part; part = part.parentElement?.closest("details") ?? null) part.open = true;
  if (!refused.matches("input, select, textarea")) refused.tabIndex = -1;
  refused.focus();
}
