/** A mission's page and every article, with the functions that @hey-api/openapi-ts generates. */

import { getLaunch, getMissionPage, listArticles } from "./hey-api";
import { createClient } from "./hey-api/client";

const client = createClient({ baseUrl: process.env.ZARYA_ORIGIN ?? "" });

const path = { slug: "iss-59" };
const { data: page } = await getMissionPage({
  client,
  throwOnError: true,
  path,
  query: { month: "2019-04" },
});
if (page.mission.title !== "ISS-59 mission") throw new Error(page.mission.title);
const commander = page.mission.crew[0]?.person.name;
if (commander !== "Oleg Kononenko") throw new Error(`commander ${commander}`);

const missing = await getLaunch({ client, path: { slug: "soyuz-1" } });
if (missing.error?.status !== 404) throw new Error(missing.error?.title);

const seen = new Set<number>();
for (let cursor: string | undefined; ; ) {
  const query = cursor === undefined ? {} : { cursor };
  const { data: articles } = await listArticles({
    client,
    throwOnError: true,
    query: { limit: 100, with_total: true, ...query },
  });
  for (const article of articles.items) seen.add(article.id);
  if (articles.next === null) {
    if (articles.total !== seen.size) throw new Error(`${seen.size} articles`);
    break;
  }
  cursor = new URL(articles.next).searchParams.get("cursor") ?? undefined;
}
console.log(`${seen.size} articles`);
