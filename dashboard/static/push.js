// @ts-check
// The button that lets this browser take push messages. Without scripts it is not there.

const section = /** @type {HTMLElement} */ (document.getElementById("push"));
const button = /** @type {HTMLButtonElement} */ (section.querySelector("button"));
const status = /** @type {HTMLElement} */ (section.querySelector("[role=status]"));
const csrf = /** @type {HTMLInputElement} */ (section.querySelector("[name=csrf]"));

/** @type {Record<string, string>} */
const words = JSON.parse(section.dataset.words ?? "{}");
const can = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
const apple = /iPhone|iPad/.test(navigator.userAgent);

if (can) {
  navigator.serviceWorker.register("/sw.js");
  button.hidden = false;
  status.textContent = "";
  button.addEventListener("click", () => subscribe().catch(failed));
  told();
} else {
  status.textContent = apple ? words.apple : words.cannot;
}

async function told() {
  const known = await (await navigator.serviceWorker.ready).pushManager.getSubscription();
  if (known && Notification.permission === "granted") button.textContent = words.again;
}

function failed(/** @type {unknown} */ error) {
  button.disabled = false;
  status.textContent = words.failed.replace("%s", error instanceof Error ? error.message : "");
}

function name() {
  const known = ["Android", "iPhone", "iPad", "Windows", "Mac", "Linux"];
  return known.find((one) => navigator.userAgent.includes(one)) ?? "Browser";
}

function bytes(/** @type {string} */ text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}

async function subscribe() {
  button.disabled = true;
  status.textContent = words.wait;
  if ((await Notification.requestPermission()) !== "granted") {
    throw new Error(words.refused);
  }
  const { pushManager } = await navigator.serviceWorker.ready;
  const key = bytes(section.dataset.key ?? "");
  const old = await pushManager.getSubscription();
  if (old) await old.unsubscribe(); // it may be of another key
  const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const body = new URLSearchParams({
    csrf: csrf.value,
    subscription: JSON.stringify(made),
    label: name(),
  });
  const answer = await fetch("/reach/push", { method: "POST", body });
  if (!answer.ok) throw new Error(words.lost);
  location.reload();
}
