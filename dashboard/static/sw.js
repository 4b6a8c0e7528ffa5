// @ts-check
// The service worker: takes push messages while no page is open.
importScripts("/static/push-worker.js");
