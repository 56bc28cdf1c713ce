import createClient, { createQuerySerializer, type Client } from "openapi-fetch";

import type { paths } from "./api.js";
import { createTransport, sleep, type TransportOptions } from "./transport.js";

export interface ZaryaOptions extends TransportOptions {
  /** Origin of the service, such as `https://zarya.example`. */
  baseUrl: string;
}

/** A client of the service: `api.GET(path, …)` with the types of the API. */
export interface Zarya {
  readonly api: Client<paths>;
  readonly baseUrl: string;
  readonly fetch: (request: Request) => Promise<Response>;
  readonly options: ZaryaOptions;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Create a client. Its methods throw Problem for error responses. */
export function createZarya(options: ZaryaOptions): Zarya {
  const baseUrl = options.baseUrl.replace(/\/$/, "");
  const transport = createTransport(options);
  const api = createClient<paths>({ baseUrl, fetch: transport });
  return { api, baseUrl, fetch: transport, options, sleep: options.sleep ?? sleep };
}

/** The data of a response: `await data(zarya.api.GET("/v1/station"))`. */
export async function data<T>(response: Promise<{ data?: T }>): Promise<T> {
  return (await response).data as T;
}

/** The URL of a path with a query, in which a list is a repeated parameter. */
export function urlOf(zarya: Zarya, path: string, query: object): string {
  return `${zarya.baseUrl}${path}?${createQuerySerializer()(query)}`;
}

type Get<P extends keyof paths> = paths[P] extends { get: infer G } ? G : never;
type Json<P extends keyof paths> =
  Get<P> extends { responses: { 200: { content: { "application/json": infer J } } } } ? J : never;
type PathsOfLists = {
  [P in keyof paths]: P extends `${string}{${string}`
    ? never
    : Json<P> extends { items: unknown[]; next: string | null; prev: string | null }
      ? P
      : never;
}[keyof paths];
type Query<P extends keyof paths> = Get<P> extends { parameters: { query?: infer Q } } ? Q : never;
type Item<P extends keyof paths> = Json<P> extends { items: (infer I)[] } ? I : never;

/** All items of a list, page by page: `for await (const launch of items(zarya, "/v1/launches"))`. */
export async function* items<P extends PathsOfLists>(
  zarya: Zarya,
  path: P,
  query?: Query<P>,
): AsyncGenerator<Item<P>, void> {
  let url: string | null = urlOf(zarya, path, { limit: 100, ...(query as object) });
  while (url) {
    const response = await zarya.fetch(new Request(url));
    const page: { items: Item<P>[]; next: string | null } = await response.json();
    yield* page.items;
    url = page.next;
  }
}
