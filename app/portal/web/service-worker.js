// Service worker for offline use. Assets are cached as one version; API responses are served stale
// while they are revalidated; pages come from the network first.

// The server prepends SHELL: the asset version and its files.
const SHELL_CACHE = `shell-${SHELL.version}`;
const DATA_CACHE = "data";
const STATION_CACHE = "station"; // apart: a slider requests many days
const PAGE_CACHE = "pages";
const MAX_CACHED_RESPONSES = 300; // per cache; the oldest are deleted
const LANGUAGES = ["en", "ru"];
const UNCACHED_PATHS = /^\/v1\/(events|changes|export)/;

const scope = self.registration.scope;
const urlOf = (path) => new URL(path, scope).href;

self.addEventListener("install", (event) => {
  const offlinePages = LANGUAGES.map((lang) => new Request(urlOf(`offline?lang=${lang}`), { cache: "no-cache" }));
  const files = [...SHELL.files.map(urlOf), ...offlinePages]; // files of a version never change
  event.waitUntil(
    caches.open(SHELL_CACHE).then((cache) => cache.addAll(files)).then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const deleteOld = (name) => ![SHELL_CACHE, DATA_CACHE, STATION_CACHE, PAGE_CACHE].includes(name) && caches.delete(name);
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.map(deleteOld))).then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(scope)) return;
  // Responses to a key or a session must not be stored.
  if (request.headers.has("Authorization") || request.cache === "no-store") return;
  const path = `/${request.url.slice(scope.length)}`;
  if (request.mode === "navigate") {
    if (!/^\/(v1|docs|desk|web|openapi|health|problems|preview)/.test(path)) event.respondWith(page(request));
  } else if (path.startsWith("/web/")) {
    event.respondWith(caches.match(request).then((cached) => cached ?? fetch(request)));
  } else if (path.startsWith("/v1/") && !UNCACHED_PATHS.test(path)) {
    event.respondWith(data(event, path.startsWith("/v1/station?") ? STATION_CACHE : DATA_CACHE));
  }
});

/** Return a page from the server, or from the cache, or the offline page, which renders itself. */
async function page(request) {
  const cache = await caches.open(PAGE_CACHE);
  try {
    const response = await fetch(request);
    if (response.ok) await store(cache, request, response);
    if (response.status < 500) return response;
    return (await cache.match(request)) ?? response;
  } catch (error) {
    const cached = await cache.match(request);
    const lang = new URL(request.url).searchParams.get("lang") ?? navigator.language.slice(0, 2);
    const offlinePage = urlOf(`offline?lang=${LANGUAGES.includes(lang) ? lang : LANGUAGES[0]}`);
    return cached ?? (await caches.match(offlinePage, { ignoreVary: true })) ?? Promise.reject(error);
  }
}

/** Return a cached API response while a new one is fetched for the next time. */
async function data(event, cacheName) {
  const { request } = event;
  const cache = await caches.open(cacheName);
  const cached = await cache.match(request);
  const fetched = fetch(request).then(async (response) => {
    if (response.ok) await store(cache, request, response);
    else if (response.status === 404 || response.status === 410) await cache.delete(request);
    return response;
  });
  if (cached && request.cache === "default") {
    event.waitUntil(fetched.then((response) => isChanged(cached, response) && notify(event.clientId), () => null));
    return cached;
  }
  try {
    const response = await fetched;
    return response.status >= 500 && cached ? cached : response;
  } catch (error) {
    return cached ?? Promise.reject(error);
  }
}

const isChanged = (cached, response) => response.ok && response.headers.get("ETag") !== cached.headers.get("ETag");

async function notify(client) {
  (await self.clients.get(client))?.postMessage("changed");
}

async function store(cache, request, response) {
  if (/no-store/.test(response.headers.get("Cache-Control"))) return;
  await cache.put(request, response.clone());
  const keys = await cache.keys();
  const excess = Math.max(0, keys.length - MAX_CACHED_RESPONSES);
  await Promise.all(keys.slice(0, excess).map((old) => cache.delete(old)));
}
