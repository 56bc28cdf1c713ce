import type { components } from "./api.js";
import { urlOf, type Zarya } from "./client.js";
import { Problem } from "./problem.js";
import { backoff, isPassing, retryAfter } from "./transport.js";

export type Change = components["schemas"]["Change"];
export type RecordType = components["schemas"]["RecordType"];

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
      for (const read of [readPages, readStream]) {
        for await (const [changes, reached] of read(zarya, cursor, options)) {
          if (isWanted) yield* changes;
          cursor = reached;
          await store.save(cursor);
        }
        isWanted = true;
      }
    } catch (error) {
      if (options.signal?.aborted) return;
      if (!(error instanceof Problem && error.status === 410 && options.onRestart)) throw error;
      await options.onRestart();
      cursor = null;
    }
  }
}

const queryOf = (cursor: string | null, { types }: FollowOptions) => {
  return { types: types?.join(",") || null, cursor };
};

/** Pages up to the one with `sync`, each with the cursor after it. Waits for the service. */
async function* readPages(
  zarya: Zarya,
  cursor: string | null,
  options: FollowOptions,
): AsyncGenerator<[Change[], string], void> {
  let failures = 0;
  while (!options.signal?.aborted) {
    let page: components["schemas"]["ChangePage"];
    try {
      const url = urlOf(zarya, "/v1/changes", queryOf(cursor, options));
      const response = await zarya.fetch(new Request(url));
      page = await response.json();
    } catch (error) {
      if (error instanceof Problem && !isPassing(error.status)) throw error;
      await zarya.sleep(backoff((failures += 1)));
      continue;
    }
    failures = 0;
    cursor = new URL(page.next ?? page.sync ?? "").searchParams.get("cursor") ?? "";
    yield [page.items, cursor];
    if (page.sync) return;
  }
}

/** Events of one stream, each with its cursor; none at its end. Waits before it returns. */
async function* readStream(
  zarya: Zarya,
  cursor: string | null,
  options: FollowOptions,
): AsyncGenerator<[Change[], string], void> {
  let delay = backoff(1);
  const url = urlOf(zarya, "/v1/events", queryOf(cursor, options));
  const request = new Request(url, { signal: options.signal ?? null });
  // Null if the service has gone: what has changed is read once it is back.
  const response = await (zarya.options.fetch ?? fetch)(request).catch(() => null);
  if (response && !response.ok) {
    if (!isPassing(response.status)) throw await Problem.of(response);
    delay = retryAfter(response) ?? delay;
  } else if (response) {
    for await (const fields of readEvents(response)) {
      delay = Number(fields["retry"] ?? 0) || delay;
      const changes = fields["data"] ? [JSON.parse(fields["data"])] : [];
      if (fields["id"]) yield [changes, fields["id"]];
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
