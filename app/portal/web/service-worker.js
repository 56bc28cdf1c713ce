// Answers without a connection. What the pages are made of is kept as a whole, in versions; an answer
// of the API is shown as it was last time while it is asked for again; a page is asked for first.

// The server writes SHELL before this: the version, and the files that belong to it.
const SHELL_CACHE = `shell-${SHELL.version}`;
const DATA = "data";
const PAGES = "pages";
const MOST = 300; // answers kept, and pages: the oldest go
const LANGUAGES = ["en", "ru"];
const UNKEPT = /^\/v1\/(events|changes|export)/;

const scope = self.registration.scope;
const at = (path) => new URL(path, scope).href;

self.addEventListener("install", (event) => {
  const empty = LANGUAGES.map((lang) => new Request(at(`offline?lang=${lang}`), { cache: "no-cache" }));
  const files = [...SHELL.files.map(at), ...empty]; // a file of a version never changes
  event.waitUntil(
    caches.open(SHELL_CACHE).then((cache) => cache.addAll(files)).then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const forget = (name) => ![SHELL_CACHE, DATA, PAGES].includes(name) && caches.delete(name);
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.map(forget))).then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(scope)) return;
  const path = `/${request.url.slice(scope.length)}`;
  if (request.mode === "navigate") {
    if (!/^\/(v1|docs|web|openapi|health|problems)/.test(path)) event.respondWith(page(request));
  } else if (path.startsWith("/web/")) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  } else if (path.startsWith("/v1/") && !UNKEPT.test(path)) {
    event.respondWith(data(event));
  }
});

/** A page: from the server, else as it was, else an empty one, which fills itself. */
async function page(request) {
  const cache = await caches.open(PAGES);
  try {
    const answer = await fetch(request);
    if (answer.ok) await keep(cache, request, answer);
    if (answer.status < 500) return answer;
    return (await cache.match(request)) ?? answer;
  } catch (error) {
    const kept = await cache.match(request);
    const lang = new URL(request.url).searchParams.get("lang") ?? navigator.language.slice(0, 2);
    const empty = at(`offline?lang=${LANGUAGES.includes(lang) ? lang : LANGUAGES[0]}`);
    return kept ?? (await caches.match(empty, { ignoreVary: true })) ?? Promise.reject(error);
  }
}

/** An answer of the API: as it was, while a new one is fetched for the next time. */
async function data(event) {
  const { request } = event;
  const cache = await caches.open(DATA);
  const kept = await cache.match(request);
  const fetched = fetch(request).then(async (answer) => {
    if (answer.ok) await keep(cache, request, answer);
    else if (answer.status === 404 || answer.status === 410) await cache.delete(request);
    return answer;
  });
  if (kept && request.cache === "default") {
    event.waitUntil(fetched.then((answer) => changed(kept, answer) && tell(event.clientId), () => null));
    return kept;
  }
  try {
    const answer = await fetched;
    return answer.status >= 500 && kept ? kept : answer;
  } catch (error) {
    return kept ?? Promise.reject(error);
  }
}

const changed = (kept, answer) => answer.ok && answer.headers.get("ETag") !== kept.headers.get("ETag");

async function tell(client) {
  (await self.clients.get(client))?.postMessage("changed");
}

async function keep(cache, request, answer) {
  await cache.put(request, answer.clone());
  const kept = await cache.keys();
  await Promise.all(kept.slice(0, Math.max(0, kept.length - MOST)).map((old) => cache.delete(old)));
}
