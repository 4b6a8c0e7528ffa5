// @ts-check
// Keeps an open page live. Without it the page is complete and says how old it is.
//
// The server says that something changed; the page asks for itself again and takes over what differs.
// Nothing that a thumb may be about to touch moves: cards stay where they are and keep their height, new
// ones come in above what is on the screen, a note being written is left alone, and while a finger is down
// we wait.

const LATE_MS = 25_000; // two signs of life and a half, see LiveTimes.beat_s
const AGAIN_MS = 60_000; // looking again without being told, in case a word got lost
const CALM_MS = 700; // how long after a touch nothing changes
const RETRY_MS = 5_000;
const OLD_MIN = 5; // from so many minutes on the age of the page is said, in steps of as many

const connection = /** @type {HTMLElement} */ (document.getElementById("connection"));
const news = /** @type {HTMLElement} */ (document.getElementById("news"));
const made = Date.parse(connection.dataset.at ?? "");
const ahead_ms = made - Date.now(); // a phone's clock may be wrong
const now = () => Date.now() + ahead_ms;
const words = JSON.parse(connection.dataset.words ?? "{}");
const put = (/** @type {string} */ text, /** @type {unknown} */ value) => text.replace("%s", String(value));

/** Whether anything here is taken over from the server; a page of forms is not. */
const lives = document.querySelector("main [data-live], main [data-live-list]") !== null;
/** @type {Map<string, string>} what the server last said of each part */
const known = new Map();
let hour = document.documentElement.dataset.hour;
let heard = Date.now();
let said = "";
let why = "";
let touched = 0;
let down = false;
let asking = false;
let again = false;

const stripped = (/** @type {Element} */ part) =>
  part.outerHTML.replace(/(<time[^>]*data-age[^>]*>)[^<]*/g, "$1");
const parts = (/** @type {ParentNode} */ root) =>
  /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-live]")]);

function span(/** @type {number} */ minutes) {
  const hours = Math.floor(minutes / 60);
  if (hours < 1) return put(words.minutes, minutes);
  const rest = minutes % 60 ? ` ${put(words.minutes, minutes % 60)}` : "";
  if (hours < 24) return put(words.hours, hours) + rest;
  const days = Math.floor(hours / 24);
  return days === 1 ? words.day : put(words.days, days);
}

function age(/** @type {number} */ moment) {
  const minutes = Math.floor(Math.max(0, now() - moment) / 60_000);
  return minutes < 1 ? words.now : put(words.ago, span(minutes));
}

function tellAges() {
  for (const time of /** @type {NodeListOf<HTMLTimeElement>} */ (document.querySelectorAll("time[data-age]"))) {
    const text = age(Date.parse(time.dateTime));
    if (time.textContent !== text) time.textContent = text;
  }
}

function clock(/** @type {number} */ moment, timeZone = connection.dataset.zone) {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone }).format(moment);
}

const here = new Intl.DateTimeFormat().resolvedOptions().timeZone;
const elsewhere = document.getElementById("elsewhere");
const main = /** @type {HTMLElement} */ (document.getElementById("main"));

/** Tells whose clock it is to who reads far away, where the page tells a time. */
function tellWhose() {
  if (!elsewhere) return;
  elsewhere.hidden = clock(now()) === clock(now(), here) || !/\d\d:\d\d/.test(main.textContent ?? "");
}

function oldSince(/** @type {number} */ moment) {
  const passed = Math.floor((now() - moment) / 60_000);
  const minutes = passed - (passed % OLD_MIN);
  return minutes < 1 ? "" : `${put(words.old, span(minutes))} `;
}

/** Says how fresh the page is. One that takes nothing over is as old as it is, however well it is connected. */
function say(/** @type {boolean} */ alive, /** @type {string} */ reason = why) {
  if (alive) heard = Date.now();
  why = alive ? "" : reason;
  const since = heard + ahead_ms;
  const state = !alive ? "lost" : lives ? "live" : "still";
  const text = {
    live: words.live,
    still: `${put(words.as_of, clock(made))} ${oldSince(made)}`,
    lost: `${put(words.lost, clock(since))} ${reason} ${oldSince(since)}`,
  }[state];
  if (text === said || (state === "still" && said && busy())) return;
  said = text;
  connection.ariaLive = state === "still" ? "off" : "polite"; // nobody is interrupted to hear an age
  connection.dataset.state = state;
  connection.textContent = text;
  if (state === "live") return;
  const reload = document.createElement("a");
  reload.href = "";
  reload.textContent = words.reload;
  connection.append(reload);
}

const busy = () => down || Date.now() - touched < CALM_MS;
const written = (/** @type {HTMLElement} */ part) =>
  [...part.querySelectorAll("textarea")].some((one) => one.value !== "");

const CONTROLS = "a[href], button, summary, input, select, textarea";

/** Keeps the keyboard where it was: on the same control, else on the part in which that was. */
function focusAgain(/** @type {Element} */ held, /** @type {HTMLElement} */ fresh) {
  const same = (/** @type {Element} */ one) =>
    held.id ? one.id === held.id : one.tagName === held.tagName && one.textContent === held.textContent;
  const found = [...fresh.querySelectorAll(CONTROLS)].find(same);
  if (!found) fresh.tabIndex = -1;
  /** @type {HTMLElement} */ (found ?? fresh).focus({ preventScroll: true });
}

function replace(/** @type {HTMLElement} */ old, /** @type {HTMLElement} */ fresh) {
  const opened = [...old.querySelectorAll("details")].map((one) => one.open);
  const held = old.contains(document.activeElement) ? document.activeElement : null;
  fresh.style.minHeight = `${old.offsetHeight}px`; // what stands below stays where it is
  fresh.querySelectorAll("details").forEach((one, place) => {
    one.open = opened[place] ?? one.open;
  });
  fresh.classList.add("settling"); // takes no tap for a moment: it may be meant for what was there
  setTimeout(() => fresh.classList.remove("settling"), CALM_MS);
  old.replaceWith(fresh);
  if (held) focusAgain(held, fresh);
}

function end(/** @type {HTMLElement} */ card, /** @type {Document} */ fresh) {
  if (card.dataset.over) return;
  card.dataset.over = "true";
  card.style.minHeight = `${card.offsetHeight}px`;
  const line = fresh.getElementById(card.id.replace("alert", "ended"));
  card.textContent = line?.textContent?.trim() ?? words.gone;
}

function take(/** @type {Document} */ fresh) {
  const list = document.querySelector("[data-live-list]");
  const cards = () => /** @type {HTMLElement[]} */ ([...(list?.children ?? [])]);
  const anchor = cards().find((one) => one.getBoundingClientRect().bottom > 0);
  const top = anchor?.getBoundingClientRect().top ?? 0;
  const listed = new Set([...(fresh.querySelector("[data-live-list]")?.children ?? [])].map((one) => one.id));
  for (const card of cards()) if (!listed.has(card.id)) end(card, fresh);
  const added = [];
  for (const part of parts(fresh)) {
    const old = document.getElementById(part.id);
    const text = stripped(part);
    if (old && written(old)) continue; // a note is being written: it is not to be lost
    if (old && known.get(part.id) !== text) replace(old, document.adoptNode(part));
    else if (!old && listed.has(part.id)) added.push(document.adoptNode(part));
    known.set(part.id, text);
  }
  list?.prepend(...added.filter((one) => one.dataset.severity !== "notice"));
  list?.append(...added.filter((one) => one.dataset.severity === "notice"));
  document.title = fresh.title;
  tellHour(fresh);
  hold(anchor?.id, top);
  if (anchor) announce(added);
  tellAges();
  tellWhose();
}

/** A page that was left open becomes dark when the night begins, as one that is opened then. */
function tellHour(/** @type {Document} */ fresh) {
  if (fresh.documentElement.dataset.hour === hour) return;
  hour = fresh.documentElement.dataset.hour;
  if (hour) document.documentElement.dataset.hour = hour;
  else delete document.documentElement.dataset.hour;
  const colour = fresh.querySelector("meta[name=theme-color]")?.getAttribute("content") ?? "";
  document.querySelector("meta[name=theme-color]")?.setAttribute("content", colour);
}

function hold(/** @type {string | undefined} */ id, /** @type {number} */ top) {
  const anchor = id && document.getElementById(id);
  if (!anchor) return;
  const moved = anchor.getBoundingClientRect().top - top;
  if (!moved) return;
  const missing = scrollY + moved + innerHeight - document.documentElement.scrollHeight;
  if (missing > 0) document.body.style.minHeight = `${document.body.offsetHeight + missing}px`;
  scrollBy({ top: moved, behavior: "instant" });
}

function announce(/** @type {HTMLElement[]} */ added) {
  const first = added.find((one) => one.dataset.severity !== "notice");
  if (!first) return;
  const link = document.createElement("a");
  link.href = `#${first.id}`;
  link.textContent = put(words.new, first.querySelector("h2")?.textContent?.trim() ?? "");
  link.addEventListener("click", () => news.replaceChildren());
  news.replaceChildren(link);
}

async function refresh() {
  if (asking || busy()) {
    again = true;
    return;
  }
  asking = true;
  again = false;
  try {
    const answer = await fetch(location.href, { headers: { "x-wayhome-refresh": "1" }, cache: "no-store" });
    if (answer.redirected && new URL(answer.url).pathname === "/login") say(false, words.out);
    else if (!answer.ok) say(false, words.records);
    else {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (busy()) again = true;
      else take(fresh);
    }
  } catch {
    say(false, words.line);
  } finally {
    asking = false;
  }
}

function listen() {
  const source = new EventSource("/live");
  source.addEventListener("live", () => (say(true), refresh()));
  source.addEventListener("beat", () => say(true));
  source.addEventListener("changed", () => (say(true), refresh()));
  source.addEventListener("blind", () => say(false, words.records));
  source.addEventListener("error", () => {
    refresh(); // says why when it is more than the pause between two streams
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, RETRY_MS);
  });
}

for (const part of parts(document)) known.set(part.id, stripped(part));
for (const kind of ["pointerdown", "pointermove", "pointerup", "pointercancel", "keydown"]) {
  const note = () => {
    touched = Date.now();
    if (kind === "pointerdown") down = true;
    if (kind === "pointerup" || kind === "pointercancel") down = false;
  };
  addEventListener(kind, note, { passive: true });
}
setInterval(() => {
  tellAges();
  tellWhose();
  if (Date.now() - heard > LATE_MS) say(false, why || words.line);
}, 5_000);
setInterval(() => again && refresh(), 200);
// a page on which somebody waits for sensors says how often
setInterval(refresh, Number(document.querySelector("main [data-again-ms]")?.getAttribute("data-again-ms") ?? AGAIN_MS));
addEventListener("visibilitychange", () => document.hidden || refresh());
tellWhose();
listen();
