import { Problem } from "./problem.js";

export interface TransportOptions {
  /** API key, for writes. */
  key?: string;
  /** Language of names and problems. Default: that of the browser or `en`. */
  language?: "en" | "ru";
  /** Number of times that a read is tried. Default: 6. */
  maxAttempts?: number;
  /** Number of responses that are kept with their ETags. Default: 256. */
  maxCached?: number;
  /** Replacement of the global `fetch`. */
  fetch?: (request: Request) => Promise<Response>;
  /** Replacement of the timer, for tests. */
  sleep?: (milliseconds: number) => Promise<void>;
}

export const sleep = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** A random delay in milliseconds that doubles with each attempt, up to a minute. */
export const backoff = (attempt: number) =>
  Math.min(500 * 2 ** attempt, 60_000) * (0.5 + Math.random() / 2);

/** The delay of `Retry-After` in milliseconds; null without one in seconds. */
export function retryAfter(response: Response): number | null {
  const header = response.headers.get("Retry-After") ?? "";
  return /^\d+$/.test(header) ? Number(header) * 1000 : null;
}

/** Whether a request that failed with `status` may succeed later. */
export const isPassing = (status: number) => [429, 502, 503, 504].includes(status);

/**
 * A `fetch` with retries, a cache of responses by ETag, and typed errors.
 *
 * Reads are retried after errors of the connection, 429 and 503, writes after 429 only: others may
 * have been executed. Throws Problem, or the last error of the connection.
 */
export function createTransport(options: TransportOptions): (request: Request) => Promise<Response> {
  const { maxAttempts = 6, maxCached = 256, sleep: wait = sleep } = options;
  const send = options.fetch ?? ((request: Request) => fetch(request));
  const cached = new Map<string, Response>();

  async function sendWithRetries(request: Request): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      let delay = backoff(attempt);
      const isLast = attempt >= maxAttempts;
      try {
        const response = await send(request.clone());
        if (response.ok || response.status === 304) return response;
        const isSafe = request.method === "GET" || response.status === 429;
        if (isLast || !isSafe || !isPassing(response.status)) throw await Problem.of(response);
        delay = retryAfter(response) ?? delay;
      } catch (error) {
        if (error instanceof Problem || isLast || request.method !== "GET") throw error;
      }
      await wait(delay);
    }
  }

  return async (request) => {
    const headers = new Headers(request.headers);
    if (options.key) headers.set("Authorization", `Bearer ${options.key}`);
    if (options.language) headers.set("Accept-Language", options.language);
    const known = request.method === "GET" ? cached.get(request.url) : undefined;
    const etag = known?.headers.get("ETag");
    if (etag) headers.set("If-None-Match", etag);
    const response = await sendWithRetries(new Request(request, { headers }));
    if (response.status === 304 && known) return known.clone();
    if (request.method === "GET" && response.headers.has("ETag")) {
      cached.delete(request.url);
      cached.set(request.url, response.clone());
      const [oldest] = cached.keys();
      if (oldest && cached.size > maxCached) cached.delete(oldest);
    }
    return response;
  };
}
