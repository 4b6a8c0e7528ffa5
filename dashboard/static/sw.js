// @ts-check
// The service worker: the page without a connection, and the last state seen of *today*.
//
// The server writes the addresses of the files into a line above this one (dashboard/pages/app.py). Of what
// a person saw only the last *today* is kept, and nothing once they are logged out. Pushes are taken by a
// script of their own, where there is one.

const worker = /** @type {any} */ (self);
const { kept, push, version } = worker.wayhome;
const SHELL = `wayhome-shell-${version}`;
const SEEN = "wayhome-seen"; // personal: wiped at log-out
const SNAPSHOT = "/today";
let endings = 0; // how often somebody was logged out: a look that began before is not kept

if (push) {
  try {
    worker.importScripts(push);
  } catch (error) {
    console.warn("no pushes", error); // the rest is of use without them
  }
}

worker.addEventListener("install", (/** @type {any} */ event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(kept)));
  worker.skipWaiting();
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
  event.waitUntil(forget((name) => name.startsWith("wayhome-shell-") && name !== SHELL));
  event.waitUntil(worker.clients.claim());
});

worker.addEventListener("message", (/** @type {any} */ event) => event.waitUntil(worker.clients.claim())); // a page asks

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const request = /** @type {Request} */ (event.request);
  const url = new URL(request.url);
  if (url.origin !== worker.location.origin) return;
  if (request.mode === "navigate") event.respondWith(navigate(request, url));
  else if (kept.includes(url.pathname)) event.respondWith(fetch(request).catch(() => fallen(url.pathname)));
  else if (url.pathname === SNAPSHOT) event.respondWith(look(request, url));
});

async function navigate(/** @type {Request} */ request, /** @type {URL} */ url) {
  const sends = request.method === "POST";
  if (sends && url.pathname === "/logout") await forgetSeen();
  try {
    return await look(request, url);
  } catch {
    const shell = await fallen("/offline");
    if (!sends) return shell;
    const text = (await shell.text()).replace('id="unsent" hidden', 'id="unsent"');
    return new Response(text, { status: 503, headers: shell.headers });
  }
}

async function look(/** @type {Request} */ request, /** @type {URL} */ url) {
  const before = endings;
  const answer = await fetch(request);
  const ended = new URL(answer.url || url).pathname;
  if (ended === "/login") await forgetSeen();
  else if (answer.ok && request.method === "GET" && ended === SNAPSHOT && before === endings) {
    const whole = await answer.clone().blob(); // all of it first: half a page would take the place of a whole one
    const copy = new Response(whole, { headers: answer.headers });
    await caches.open(SEEN).then((cache) => cache.put(SNAPSHOT, copy));
    if (before !== endings) await forgetSeen();
  }
  return answer;
}

async function forgetSeen() {
  endings += 1;
  await forget((name) => name === SEEN);
}

async function fallen(/** @type {string} */ path) {
  return (await caches.match(path, { cacheName: SHELL })) ?? Response.error();
}

async function forget(/** @type {(name: string) => boolean} */ which) {
  const names = await caches.keys();
  await Promise.all(names.filter(which).map((name) => caches.delete(name)));
}
