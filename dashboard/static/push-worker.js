// @ts-check
// What the service worker does with push messages. Every push shows a notification: a browser ends the
// subscription of a worker that stays silent, and iOS does so after three times.
//
// Within a function: the script that loads this one has names of its own.

(() => {
  const worker = /** @type {any} */ (self);

  worker.addEventListener("push", (/** @type {any} */ event) => event.waitUntil(show(event)));
  worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
    event.notification.close();
    const { path, kind } = event.notification.data;
    event.waitUntil(event.action === "confirm" && kind === "test" ? confirmed(path) : open(path));
  });
  worker.addEventListener("pushsubscriptionchange", (/** @type {any} */ event) =>
    event.waitUntil(renew(event)));

  function read(/** @type {any} */ event) {
    try {
      return event.data.json();
    } catch {
      return {}; // still shown: something has happened
    }
  }

  function path(/** @type {unknown} */ link) {
    try {
      return new URL(String(link || "/"), worker.location.origin).pathname;
    } catch {
      return "/";
    }
  }

  function show(/** @type {any} */ event) {
    const said = read(event);
    const urgent = said.severity === "urgent" && said.kind === "alert";
    return worker.registration.showNotification(said.title || "Wayhome", {
      body: said.text || "Please look.",
      lang: said.lang || "",
      dir: said.dir || "auto",
      tag: said.tag || "wayhome",
      renotify: true,
      requireInteraction: urgent,
      vibrate: urgent ? [400, 200, 400, 200, 400] : [200],
      data: { path: path(said.link), kind: said.kind },
      actions: said.kind === "test" ? [{ action: "confirm", title: said.arrived || "It arrived" }] : [],
    });
  }

  async function open(/** @type {string} */ wanted) {
    const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
    for (const page of pages) {
      try {
        await (await page.navigate(wanted)).focus();
        return;
      } catch {
        // a page that may not be led there: try the next one
      }
    }
    await worker.clients.openWindow(wanted);
  }

  async function post(/** @type {string} */ address, /** @type {Record<string, string>} */ fields) {
    const session = await fetch("/api/session");
    if (!session.ok) throw new Error("logged out");
    const { csrf } = await session.json();
    const body = new URLSearchParams({ ...fields, csrf });
    const answer = await fetch(address, { method: "POST", body });
    if (!answer.ok) throw new Error("refused");
  }

  async function confirmed(/** @type {string} */ address) {
    try {
      await post(address, {});
    } catch {
      await open(address); // logged out, or no line: the page says what to do
    }
  }

  async function renew(/** @type {any} */ event) {
    const options = event.oldSubscription?.options;
    const fresh = event.newSubscription ?? (await worker.registration.pushManager.subscribe(options));
    await post("/reach/push", { subscription: JSON.stringify(fresh), label: "Renewed by the browser" });
  }
})();
