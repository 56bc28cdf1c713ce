// Requests of the desk: the session's cookie and CSRF token, ETags, problems.

import { Problem, apiPath, send as sendRequest } from "./portal/api.js";

export { LANG, Problem, ROOT, TIME_ZONE } from "./portal/api.js";

const SAFE_METHODS = ["GET", "HEAD"];
const SESSION_PATH = "session";

/**
 * State of the session, shared by all screens. `renew` signs in again and resolves to the session;
 * `onchange` is called when the session is another one.
 */
export const state = { session: null, renew: null, onchange: () => {} };

/**
 * Send a request below `/v1`, such as `articles/a-day/preview`. Resolves to the status, the JSON
 * body (null if empty) and the ETag; throws Problem.
 *
 * `query`: parameters; lists are joined by commas, empty values omitted. `body`: sent as JSON, or
 * unchanged if it is a file or a form. `etag`: sent in `If-Match`. `key`: idempotency key.
 * If the session has ended, the person signs in again, and the request is repeated; not if it
 * `isBackground`, sent without an action of theirs, which does not extend the session either.
 */
export async function send(method, path, options = {}) {
  try {
    return await sendOnce(method, path, options);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 401 && state.renew && path !== SESSION_PATH && !options.isBackground) await state.renew();
    else if (problem.status !== 403 || !(await hasNewToken(method))) throw problem;
    return sendOnce(method, path, options);
  }
}

async function sendOnce(method, path, { body, etag, query = {}, signal, key, isBackground }) {
  const headers = { Accept: "application/json" };
  const isSafe = SAFE_METHODS.includes(method);
  if (!isSafe && state.session) headers["X-CSRF-Token"] = state.session.csrf_token;
  if (etag) headers["If-Match"] = etag;
  if (key) headers["Idempotency-Key"] = key;
  if (isBackground) headers["X-Background"] = "true";
  if (body !== undefined && !isEncoded(body)) headers["Content-Type"] = mediaType(method);
  const parameters = Object.entries(query).map(([name, value]) => [name, String(value ?? "")]);
  const response = await sendRequest(apiPath(path, Object.fromEntries(parameters)), {
    method,
    headers,
    signal,
    cache: "no-store", // neither the browser nor the service worker stores what a key may read
    body: body === undefined || isEncoded(body) ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return {
    status: response.status,
    data: text ? JSON.parse(text) : null,
    etag: response.headers.get("ETag"),
  };
}

const isEncoded = (body) => body instanceof Blob || body instanceof FormData;

const mediaType = (method) => (method === "PATCH" ? "application/merge-patch+json" : "application/json");

/**
 * Whether another tab has signed in again with the same key, so that the CSRF token of this one was
 * outdated. With another key, the request is not repeated in the name of somebody else.
 */
async function hasNewToken(method) {
  if (SAFE_METHODS.includes(method) || !state.session) return false;
  const former = state.session;
  const session = await findSession();
  return session !== null && session.csrf_token !== former.csrf_token && session.name === former.name;
}

/** The session of the cookie; null if there is none. */
export async function findSession() {
  try {
    state.session = (await sendOnce("GET", SESSION_PATH, {})).data;
  } catch (problem) {
    if (![401, 404].includes(problem.status)) throw problem;
    state.session = null;
  }
  state.onchange();
  return state.session;
}

/** Begin a session with an API key. */
export async function signIn(key) {
  state.session = null;
  state.session = (await sendOnce("POST", SESSION_PATH, { body: { key } })).data;
  return state.session;
}

/** End the session. */
export async function signOut() {
  await send("DELETE", SESSION_PATH).catch((problem) => {
    if (problem.status !== 401) throw problem;
  });
  state.session = null;
}

/** All items of a list, page by page. */
export async function sendForAll(path, query, signal) {
  const items = [];
  let cursor = null;
  do {
    const { data } = await send("GET", path, { query: { ...query, cursor, limit: 100 }, signal });
    items.push(...data.items);
    cursor = cursorOf(data.next);
  } while (cursor);
  return items;
}

/** The cursor in the URL of a page of a list; null without a URL. */
export const cursorOf = (url) => url && new URL(url).searchParams.get("cursor");
