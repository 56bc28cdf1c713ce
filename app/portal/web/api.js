// API client: builds request paths, sends requests, and throws problem documents as errors.

/** Root URL of the portal. */
export const ROOT = new URL(`${document.documentElement.dataset.base}/`, location.href);

export const LANG = document.documentElement.lang;

/** Time zone of the portal's dates, as an IANA name. */
export const TIME_ZONE = document.documentElement.dataset.timeZone;

/** Problem document (RFC 9457) of a failed request; `status` is 0 without a response. */
export class Problem extends Error {
  constructor(problem) {
    super(problem.detail);
    Object.assign(this, problem);
  }
}

/** Path of a request under `/v1`, such as `/v1/people?lang=ru`. Empty parameters are omitted. */
export function apiPath(path, parameters = {}) {
  const entries = Object.entries({ ...parameters, lang: LANG }).filter(([, value]) => value);
  const query = new URLSearchParams(entries.sort()).toString();
  return `/v1/${path}${query && `?${query}`}`;
}

/** Send a request and return the response. The browser's HTTP cache handles ETags and ages. */
export async function send(request, options = {}) {
  let response;
  try {
    response = await fetch(new URL(request.slice(1), ROOT), options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ status: 0, detail: "" });
  }
  if (!response.ok) {
    throw new Problem(await response.json().catch(() => ({ status: response.status })));
  }
  return response;
}

/** Send a request and return the JSON body. */
export const getJson = async (request, options) => (await send(request, options)).json();

/** Send a request for a whole list as NDJSON and return its items. */
export async function getLines(request) {
  const text = await (await send(request)).text();
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}
