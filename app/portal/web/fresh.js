// Keeps the screen fresh and, through the service worker, at hand without a connection.

import { ROOT } from "./api.js";

const CALM = 500; // milliseconds: changes often come several at once
const SPREAD = 2000; // and all who look at the same launch must not ask at the same moment
const REFUSED = 5000; // a browser does not come again where it was refused: some time after that we do

/** Calls `refresh` when the archive has changed, `tell` when the connection comes or goes. */
export function keepFresh({ html, refresh, tell, warm }) {
  let events = null;
  let pause;
  const soon = () => {
    clearTimeout(pause);
    pause = setTimeout(() => refresh({ cache: "no-cache" }), CALM + Math.random() * SPREAD);
  };

  // The feed of changes, as server-sent events; a hidden page needs none and holds no connection.
  let again;
  const listen = () => {
    clearTimeout(again);
    events?.close();
    events = null;
    if (document.hidden || !navigator.onLine) return;
    events = new EventSource(new URL("v1/events", ROOT));
    events.addEventListener("upsert", soon);
    events.addEventListener("delete", soon);
    events.addEventListener("error", ({ target }) => {
      if (target !== events || target.readyState !== EventSource.CLOSED) return;
      again = setTimeout(() => {
        listen();
        soon();
      }, REFUSED * (1 + 3 * Math.random()));
    });
  };

  addEventListener("offline", () => tell(true));
  addEventListener("online", () => {
    tell(false);
    listen();
    soon();
  });
  document.addEventListener("visibilitychange", () => {
    listen();
    if (!document.hidden) soon();
  });
  addEventListener("pagehide", () => events?.close());
  addEventListener("pageshow", (event) => event.persisted && listen());
  if (!navigator.onLine) tell(true);
  listen();

  const workers = navigator.serviceWorker;
  if (!workers) return;
  workers.addEventListener("message", () => refresh());
  const worker = html.createScriptURL(new URL("web/service-worker.js", ROOT).href);
  workers.register(worker, { scope: ROOT.pathname });
  // From now on it keeps what is asked for: this screen, and those that the bar leads to.
  if (workers.controller) refresh();
  else workers.addEventListener("controllerchange", warm, { once: true });
}
