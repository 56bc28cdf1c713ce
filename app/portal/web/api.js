// How the API is asked. Addresses are made here and nowhere else; errors are its problems.

/** Where the portal lies: two folders above this one, which is named after its version. */
export const ROOT = new URL("../../", import.meta.url);

export const LANG = document.documentElement.lang;

/** A problem (RFC 9457) that the API answered with, or that there was no answer. */
export class Problem extends Error {
  constructor(problem) {
    super(problem.detail);
    Object.assign(this, problem);
  }
}

/** The address of a request under `/v1`, such as `/v1/people?lang=ru`; what is empty is left out. */
export function address(path, parameters = {}) {
  const given = Object.entries({ ...parameters, lang: LANG }).filter(([, value]) => value);
  const query = new URLSearchParams(given.sort()).toString();
  return `/v1/${path}${query && `?${query}`}`;
}

/** The answer to a request, its body not read yet. ETags and ages are the browser's work. */
export async function ask(request, options = {}) {
  let answer;
  try {
    answer = await fetch(new URL(request.slice(1), ROOT), options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ status: 0, detail: "" });
  }
  if (!answer.ok) throw new Problem(await answer.json().catch(() => ({ status: answer.status })));
  return answer;
}

/** What a request answers, as JSON. */
export const get = async (request, options) => (await ask(request, options)).json();

/** What a request for a whole list answers: a line of JSON for each item (NDJSON). */
export async function lines(request) {
  const text = await (await ask(request)).text();
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}
