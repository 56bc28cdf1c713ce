// Refreshes the screen after changes, and registers the service worker for offline use.

import { ROOT } from "./api.js";

const REFRESH_DELAY_MS = 500; // several changes often arrive together
const REFRESH_SPREAD_MS = 2000; // random, so that not all browsers send requests at once
const RECONNECT_DELAY_MS = 5000; // after a refused connection, which EventSource does not retry

/** Call `refresh` after changes of the archive, and `showOffline` when the connection changes. */
export function autoRefresh({ html, refresh, showOffline, prefetch }) {
  let events = null;
  let refreshTimer;
  const scheduleRefresh = () => {
    clearTimeout(refreshTimer);
    const delay = REFRESH_DELAY_MS + Math.random() * REFRESH_SPREAD_MS;
    refreshTimer = setTimeout(() => refresh({ cache: "no-cache" }), delay);
  };

  // Server-sent events of the change stream. A hidden page closes its connection.
  let reconnectTimer;
  const listen = () => {
    clearTimeout(reconnectTimer);
    events?.close();
    events = null;
    if (document.hidden || !navigator.onLine) return;
    events = new EventSource(new URL("v1/events", ROOT));
    events.addEventListener("upsert", scheduleRefresh);
    events.addEventListener("delete", scheduleRefresh);
    events.addEventListener("error", ({ target }) => {
      if (target !== events || target.readyState !== EventSource.CLOSED) return;
      reconnectTimer = setTimeout(() => {
        listen();
        scheduleRefresh();
      }, RECONNECT_DELAY_MS * (1 + 3 * Math.random()));
    });
  };

  addEventListener("offline", () => showOffline(true));
  addEventListener("online", () => {
    showOffline(false);
    listen();
    scheduleRefresh();
  });
  document.addEventListener("visibilitychange", () => {
    listen();
    if (!document.hidden) scheduleRefresh();
  });
  addEventListener("pagehide", () => events?.close());
  addEventListener("pageshow", (event) => event.persisted && listen());
  if (!navigator.onLine) showOffline(true);
  listen();

  const workers = navigator.serviceWorker;
  if (!workers) return;
  workers.addEventListener("message", () => refresh());
  const worker = html.createScriptURL(new URL("web/service-worker.js", ROOT).href);
  workers.register(worker, { scope: ROOT.pathname });
  // The service worker caches responses from now on.
  if (workers.controller) refresh();
  else workers.addEventListener("controllerchange", prefetch, { once: true });
}
