/** The client against a scripted service, and against a real one (`ZARYA_ORIGIN`). */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { createZarya, data, follow, InvalidWebhook, items, Problem, verifyWebhook } from "../src/index.js";
import { cursorFile } from "../src/node.js";

type Answer = Response | Error;

const temporary = async () => join(await mkdtemp(join(tmpdir(), "zarya-")), "cursor");
const json = (value: unknown, init?: ResponseInit) => Response.json(value, init);
const busy = (status: number, seconds: string) =>
  new Response("", { status, headers: { "Retry-After": seconds } });

/** A client of a service that answers with the scripted responses, with its requests and delays. */
function script(...answers: Answer[]) {
  const requests: Request[] = [];
  const delays: number[] = [];
  const zarya = createZarya({
    baseUrl: "http://zarya.test/",
    maxAttempts: 3,
    key: "zarya_key",
    async fetch(request) {
      requests.push(request);
      const answer = answers.shift();
      assert(answer, `one request too many: ${request.url}`);
      if (answer instanceof Error) throw answer;
      return answer;
    },
    async sleep(milliseconds) {
      delays.push(milliseconds);
    },
  });
  return { zarya, requests, delays };
}

test("reads are retried after the time of the service", async () => {
  const { zarya, delays, requests } = script(busy(503, "7"), new Error("refused"), json({ on: "x" }));
  const station = await data(zarya.api.GET("/v1/station"));
  assert.equal(station.on, "x");
  assert.equal(delays[0], 7000);
  assert(delays[1] && delays[1] >= 1000 && delays[1] <= 2000);
  assert.equal(requests[0]?.headers.get("Authorization"), "Bearer zarya_key");
  const failing = script(busy(503, "1"), busy(503, "1"), busy(503, "1"));
  await assert.rejects(data(failing.zarya.api.GET("/v1/station")), { status: 503 });
});

test("writes are repeated only if they were refused", async () => {
  const write = ({ zarya }: ReturnType<typeof script>) =>
    data(
      zarya.api.PATCH("/v1/people/{slug}", {
        params: { path: { slug: "a" }, header: { "If-Match": '"7"' } },
        body: { agency: "CSA" },
      }),
    );
  assert.equal((await write(script(busy(429, "1"), json({ version: 8 })))).version, 8);
  await assert.rejects(write(script(busy(503, "1"))), { status: 503 });
  await assert.rejects(write(script(new Error("lost"))), /lost/);
});

test("problems have the fields of the service", async () => {
  const errors = [{ parameter: "page", pointer: null, code: "unknown", detail: "Unknown." }];
  const problem = { type: "http://zarya.test/problems/x", detail: "Wrong.", errors };
  const refused = script(json(problem, { status: 422 }));
  await assert.rejects(data(refused.zarya.api.GET("/v1/people")), (error) => {
    assert(error instanceof Problem);
    assert.deepEqual([error.status, error.detail, error.errors], [422, "Wrong.", errors]);
    return true;
  });
  const proxy = script(new Response("<html>", { status: 404 }));
  await assert.rejects(data(proxy.zarya.api.GET("/v1/people")), { status: 404 });
});

test("unchanged responses are not transferred again", async () => {
  const tagged = json({ on: "x" }, { headers: { ETag: '"x.1"' } });
  const { zarya, requests } = script(tagged, new Response(null, { status: 304 }));
  await data(zarya.api.GET("/v1/station"));
  assert.equal((await data(zarya.api.GET("/v1/station"))).on, "x");
  assert.equal(requests[1]?.headers.get("If-None-Match"), '"x.1"');
});

test("lists are read page by page", async () => {
  const next = "http://zarya.test/v1/launches?cursor=c&status=planned";
  const { zarya, requests } = script(
    json({ items: [{ slug: "a" }], next }),
    json({ items: [{ slug: "b" }], next: null }),
  );
  const slugs = [];
  for await (const launch of items(zarya, "/v1/launches", { status: ["planned", "success"] })) {
    slugs.push(launch.slug);
  }
  assert.deepEqual(slugs, ["a", "b"]);
  const query = "limit=100&status=planned&status=success";
  assert.deepEqual(requests.map(({ url }) => url), [`http://zarya.test/v1/launches?${query}`, next]);
});

const page = (ids: number[], urls: { next?: string; sync?: string }) => {
  const url = (cursor?: string) => cursor && `http://zarya.test/v1/changes?cursor=${cursor}`;
  return json({
    items: ids.map((id) => ({ id })),
    next: url(urls.next) ?? null,
    sync: url(urls.sync) ?? null,
  });
};

/** A stream of events with their cursors; without an id of a record, its end. */
const stream = (...events: [cursor: string, id?: number][]) =>
  new Response(
    `: ping\n\n${events
      .map(([cursor, id]) => `${id ? `event: upsert\ndata: {"id":${id}}\n` : ""}id: ${cursor}\n\n`)
      .join("")}`,
  );

test("following joins snapshot, changes and events over restarts", async () => {
  const store = cursorFile(await temporary());
  const take = async ({ zarya }: ReturnType<typeof script>, count: number) => {
    const ids = [];
    for await (const change of follow(zarya, store, { types: ["person"] })) {
      if (ids.push(change.id) === count) break;
    }
    return ids;
  };
  const refused = () => new Error("refused");
  const first = script(
    ...[page([1, 2], { next: "n1" }), page([3], { sync: "s1" }), busy(429, "9")],
    ...[page([4], { sync: "s2" }), stream(["e1", 5], ["e2"])],
    ...[refused(), refused(), refused(), refused(), page([], { sync: "s3" })],
    stream(["e3", 6], ["e4", 7]),
  );
  assert.deepEqual(await take(first, 7), [1, 2, 3, 4, 5, 6, 7]);
  assert(first.delays.includes(9000));
  const paths = first.requests.map(({ url }) => {
    const { pathname, searchParams } = new URL(url);
    return `${pathname.slice(4)} ${searchParams.get("cursor")}`;
  });
  const changes = Array<string>(5).fill("changes e2");
  const before = ["changes null", "changes n1", "events s1", "changes s1", "events s2"];
  assert.deepEqual(paths, [...before, ...changes, "events s3"]);
  // The program ended while it handled the last change, which comes again.
  assert.equal(await store.load(), "e3");
  assert.deepEqual(await take(script(page([7, 8], { sync: "s4" }), stream(["e5", 9])), 3), [7, 8, 9]);
});

test("an expired cursor starts again", async () => {
  const store = cursorFile(await temporary());
  await store.save("old");
  const gone = () => json({ detail: "Expired." }, { status: 410 });
  let restarts = 0;
  const { zarya } = script(gone(), page([1], { sync: "s" }));
  for await (const change of follow(zarya, store, { onRestart: () => (restarts += 1) })) {
    assert.equal(change.id, 1);
    break;
  }
  assert.equal(restarts, 1);
  await assert.rejects(follow(script(gone()).zarya, store).next(), { status: 410 });
});

test("webhooks are verified", async () => {
  const key = Buffer.alloc(24, "k");
  const secret = `whsec_${key.toString("base64")}`;
  const body = '{"type":"person.upsert"}';
  const digest = createHmac("sha256", key).update(`msg_1.1000.${body}`).digest("base64");
  const headers = new Headers({
    "webhook-id": "msg_1",
    "webhook-timestamp": "1000",
    "webhook-signature": `v1,AAAA v1,${digest}`,
  });
  const now = 1_100_000;
  const message = await verifyWebhook(secret, headers, body, { now });
  assert.equal(message.type, "person.upsert");
  const wrong = [
    verifyWebhook(secret, headers, body, { now: 1_301_000 }),
    verifyWebhook(secret, headers, `${body} `, { now }),
    verifyWebhook(secret, new Headers(), body, { now }),
    verifyWebhook(`whsec_${btoa("x")}`, headers, body, { now }),
  ];
  await Promise.all(wrong.map((each) => assert.rejects(each, InvalidWebhook)));
});

const origin = process.env["ZARYA_ORIGIN"];

test("the archive of a service", { skip: !origin }, async () => {
  const zarya = createZarya({ baseUrl: origin ?? "" });
  const params = { path: { slug: "iss-59" }, query: { month: "2019-04" } };
  const mission = await data(zarya.api.GET("/v1/missions/{slug}/page", { params }));
  assert.equal(mission.mission.title, "ISS-59 mission");
  const slugs = new Set<string>();
  let count = 0;
  for await (const article of items(zarya, "/v1/articles", { tag: ["spacewalk"] })) {
    slugs.add(article.slug);
    count += 1;
  }
  const query = { tag: ["spacewalk"], with_total: true };
  const { total } = await data(zarya.api.GET("/v1/articles", { params: { query } }));
  assert(count > 100);
  assert.deepEqual([count, slugs.size], [total, total]);
  const store = cursorFile(await temporary());
  const modules = [];
  for await (const change of follow(zarya, store, { types: ["module"] })) {
    if (modules.push(change.op) === 40) break;
  }
  assert.deepEqual(new Set(modules), new Set(["upsert"]));
});
