import type { components } from "./api.js";
import type { Zarya } from "./client.js";
import { Problem } from "./problem.js";
import { backoff, isPassing, retryAfter } from "./transport.js";

export type Change = components["schemas"]["Change"];
export type RecordType = components["schemas"]["RecordType"];
type ChangePage = components["schemas"]["ChangePage"];

/** Store of a cursor between runs of a program. */
export interface CursorStore {
  /** The stored cursor; null at the first start. */
  load(): Promise<string | null>;
  /** Store a cursor durably. */
  save(cursor: string): Promise<void>;
}

export interface FollowOptions {
  /** Record types. Default: all. */
  types?: RecordType[];
  /** False for changes since the first start only. Default: true. */
  withSnapshot?: boolean;
  /** Empties your copy if the snapshot has to start again. Without it, throws Problem 410. */
  onRestart?: () => unknown;
  /** Ends following. */
  signal?: AbortSignal;
}

/**
 * All records, then their changes as they happen, without end.
 *
 * The cursor of a change is stored when you ask for the next one, so a change is repeated if your
 * program ends while it handles it. Errors that pass are waited out; throws Problem for others.
 */
export async function* follow(
  zarya: Zarya,
  store: CursorStore,
  options: FollowOptions = {},
): AsyncGenerator<Change, void> {
  let cursor = await store.load();
  let isWanted = (options.withSnapshot ?? true) || cursor !== null;
  while (!options.signal?.aborted) {
    try {
      for await (const [page, reached] of readPages(zarya, cursor, options)) {
        if (isWanted) yield* page.items;
        cursor = reached;
        await store.save(cursor);
      }
      isWanted = true;
      for await (const [change, reached] of readStream(zarya, cursor ?? "", options)) {
        if (change) yield change;
        cursor = reached;
        await store.save(cursor);
      }
    } catch (error) {
      if (options.signal?.aborted) return;
      if (!(error instanceof Problem && error.status === 410 && options.onRestart)) throw error;
      await options.onRestart();
      cursor = null;
    }
  }
}

function address(zarya: Zarya, path: string, cursor: string | null, options: FollowOptions): URL {
  const url = new URL(`${zarya.baseUrl}${path}`);
  if (options.types?.length) url.searchParams.set("types", options.types.join(","));
  if (cursor) url.searchParams.set("cursor", cursor);
  return url;
}

/** Pages up to the one with `sync`, each with the cursor after it. Waits for the service. */
async function* readPages(
  zarya: Zarya,
  cursor: string | null,
  options: FollowOptions,
): AsyncGenerator<[ChangePage, string], void> {
  let failures = 0;
  while (!options.signal?.aborted) {
    let page: ChangePage;
    try {
      const response = await zarya.fetch(new Request(address(zarya, "/v1/changes", cursor, options)));
      page = await response.json();
    } catch (error) {
      if (error instanceof Problem && !isPassing(error.status)) throw error;
      await zarya.sleep(backoff((failures += 1)));
      continue;
    }
    failures = 0;
    cursor = new URL(page.next ?? page.sync ?? "").searchParams.get("cursor") ?? "";
    yield [page, cursor];
    if (page.sync) return;
  }
}

/** Events of one stream, each with its cursor; null for the end. Waits before it returns. */
async function* readStream(
  zarya: Zarya,
  cursor: string,
  options: FollowOptions,
): AsyncGenerator<[Change | null, string], void> {
  let delay = backoff(1);
  const signal = options.signal ?? null;
  const request = new Request(address(zarya, "/v1/events", cursor, options), { signal });
  let response: Response | undefined;
  try {
    response = await (zarya.options.fetch ?? fetch)(request);
  } catch {
    // the service has gone: read what has changed once it is back
  }
  if (response && !response.ok) {
    if (!isPassing(response.status)) throw await Problem.of(response);
    delay = retryAfter(response) ?? delay;
  } else if (response) {
    for await (const fields of readEvents(response)) {
      delay = Number(fields["retry"] ?? 0) || delay;
      if (fields["id"]) yield [JSON.parse(fields["data"] ?? "null"), fields["id"]];
    }
  }
  if (!options.signal?.aborted) await zarya.sleep(delay);
}

/** Fields of the blocks of a stream, until it ends or breaks. */
async function* readEvents(response: Response): AsyncGenerator<Record<string, string>, void> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    while (reader) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (text + value.replaceAll("\r\n", "\n")).split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const pairs = block.split("\n").map((line) => /^([^:]*):? ?(.*)$/.exec(line));
        yield Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", pair?.[2] ?? ""]));
      }
    }
  } catch {
    // the connection is lost
  } finally {
    await reader?.cancel().catch(() => undefined);
  }
}
