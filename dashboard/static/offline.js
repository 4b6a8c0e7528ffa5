// @ts-check
// The page without a connection: what *today* last said, with its age.

const LOOK_MS = 5_000;
let leaving = false;

const find = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const words = JSON.parse(find("last").dataset.words ?? "{}");

function span(/** @type {number} */ milliseconds) {
  const minutes = Math.max(1, Math.floor(milliseconds / 60_000));
  if (minutes < 60) return words.minutes.replace("%s", minutes);
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return words.hours.replace("%s", hours);
  const days = Math.floor(hours / 24);
  return days === 1 ? words.day : words.days.replace("%s", days);
}

async function show() {
  const answer = await caches.match("/today", { cacheName: "wayhome-seen" });
  const page = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
  const state = page?.querySelectorAll("[data-snapshot], .card[id^='home-']") ?? [];
  const at = Date.parse(/** @type {HTMLElement | null} */ (page?.querySelector("#connection"))?.dataset.at ?? "");
  find("last-none").hidden = state.length > 0;
  if (!page || !state.length || Number.isNaN(at)) return;
  if (page.documentElement.dataset.hour) document.documentElement.dataset.hour = page.documentElement.dataset.hour;
  for (const part of state) {
    // what leads on or is about "now" is of no use here
    part.querySelectorAll(".pager, .button, #forecast, .actions").forEach((one) => one.remove());
    part.querySelectorAll("time[data-age]").forEach((one) => one.replaceWith(when(one)));
    part.querySelectorAll("h1").forEach(lower);
    find("last-state").append(document.adoptNode(part));
  }
  const tell = () => {
    find("last-age").textContent = (find("last-age").dataset.text ?? "").replace("%s", span(Date.now() - at));
  };
  tell();
  setInterval(tell, 30_000);
  find("last").hidden = false;
}

function when(/** @type {Element} */ time) {
  const moment = Date.parse(/** @type {HTMLTimeElement} */ (time).dateTime);
  return words.ago.replace("%s", span(Date.now() - moment));
}

function lower(/** @type {Element} */ heading) {
  const lower = document.createElement("h3");
  lower.className = heading.className;
  lower.append(...heading.childNodes);
  heading.replaceWith(lower);
}

/** Ask for the page again; where an answer was not sent, go back to where it is given. */
function again() {
  if (leaving) return; // going back twice would lead past the page
  leaving = true;
  setTimeout(() => (leaving = false), LOOK_MS);
  if (find("unsent").hidden) location.reload();
  else history.back();
}

/** Look whether Wayhome can be reached by now: a phone says too early that it is online, or never. */
async function look() {
  try {
    await fetch("/api/session", { cache: "no-store" }); // any answer will do
  } catch {
    return;
  }
  again();
}

find("again").addEventListener("click", (event) => (event.preventDefault(), again()));
addEventListener("online", look); // not at once: it also comes in passing, and would draw back who is leaving
setInterval(look, LOOK_MS);
show();
