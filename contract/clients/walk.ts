/** What a front end does: a mission's page, then down into crew, launches, news, and a whole list. */

import assert from "node:assert/strict";

import createClient from "openapi-fetch";

import type { components, paths } from "./api.js";

const [, , origin, slug = "iss-59"] = process.argv;
assert(origin, "usage: walk.js ORIGIN [MISSION]");
const client = createClient<paths>({ baseUrl: origin });

/** The answer, or a failure with the problem that came instead. */
function known<T>(answer: { data?: T; error?: components["schemas"]["Problem"] }): T {
  if (answer.data === undefined) {
    throw new Error(`${answer.error?.title}: ${answer.error?.detail}`);
  }
  return answer.data;
}

// The page of a mission.
const month = "2019-04";
const query = { month };
const page = known(
  await client.GET("/v1/missions/{slug}/page", { params: { path: { slug }, query } }),
);
assert.equal(page.mission.title, "ISS-59 mission");
assert.equal(page.mission.status, "completed");
assert(page.mission.tasks.length > 0);
assert.equal(page.lead_article?.published_on, "2018-08-31");
assert(page.launches.recent.some((launch) => launch.slug === "progress-ms-11"));
assert.equal(page.archive.month, month);

// The crew.
const crew = known(await client.GET("/v1/missions/{slug}/crew", { params: { path: { slug } } }));
assert.deepEqual(
  crew.items.map((member) => member.credited_as),
  page.mission.crew.map((member) => member.credited_as),
);
assert.equal(new Set(crew.items.map((member) => member.person.slug)).size, 6);
const commander = crew.items[0];
assert(commander);
assert.equal(commander.role, "commander");
assert.equal(commander.person.name, "Oleg Kononenko");

// The launches.
const launches = known(
  await client.GET("/v1/launches", { params: { query: { mission: [slug], limit: 100 } } }),
);
const progress = launches.items.find((launch) => launch.slug === "progress-ms-11");
assert.equal(progress?.headline, "LV Soyuz-2.1a with CV Progress MS-11 is launched");
assert.equal(progress?.launch_at, "2019-04-04T11:01:35Z");

// The article calendar of a month.
const calendar = known(await client.GET("/v1/articles/archive", { params: { query } }));
assert("days" in calendar, "a calendar that was asked for its month");
assert.equal(calendar.days.length, 30);
assert.equal(
  calendar.days.reduce((sum, day) => sum + day.count, 0),
  calendar.total,
);
assert.deepEqual(calendar, page.archive);

// The articles of a day.
const day = calendar.days.find(({ date }) => date === "2019-04-04");
assert(day && day.count > 0, "news on the day of the launch");
const news = known(
  await client.GET("/v1/articles", { params: { query: { published_on: day.date, limit: 100 } } }),
);
assert.equal(news.items.length, day.count);

// An article.
const summary = news.items[0];
assert(summary);
const article = known(
  await client.GET("/v1/articles/{slug}", { params: { path: { slug: summary.slug } } }),
);
assert.equal(article.title, summary.title);
assert(article.body.length > 0);

// A full list, by cursors.
const seen = new Set<number>();
let cursor: string | undefined;
let items = 0;
let pages = 0;
let total: number | null | undefined;
do {
  const list = known(
    await client.GET("/v1/articles", {
      params: { query: { limit: 100, with_total: true, ...(cursor && { cursor }) } },
    }),
  );
  for (const item of list.items) {
    seen.add(item.id);
  }
  items += list.items.length;
  pages += 1;
  total = list.total;
  cursor = list.next ? (new URL(list.next).searchParams.get("cursor") ?? undefined) : undefined;
} while (cursor);
assert.equal(items, seen.size, "an item came twice");
assert.equal(items, total, "an item is missing");

// A problem response.
const { error, response } = await client.GET("/v1/launches/{slug}", {
  params: { path: { slug: "soyuz-1" } },
});
assert.equal(response.status, 404);
assert.equal(error?.status, 404);
assert(error?.type.endsWith("/problems/not-found"));

console.log(`${items} articles on ${pages} pages, none twice`);
