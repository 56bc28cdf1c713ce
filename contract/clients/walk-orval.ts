/** A mission's page and every article, with the functions that orval generates. */

import axios, { isAxiosError } from "axios";

import { getLaunch, getMissionPage, listArticles, type Problem } from "./orval";

axios.defaults.baseURL = process.env.ZARYA_ORIGIN ?? "";

const { data: page } = await getMissionPage("iss-59", { month: "2019-04" });
if (page.mission.title !== "ISS-59 mission") throw new Error(page.mission.title);
const commander = page.mission.crew[0]?.person.name;
if (commander !== "Oleg Kononenko") throw new Error(`commander ${commander}`);

const missing: unknown = await getLaunch("soyuz-1").catch((error: unknown) => error);
if (!isAxiosError<Problem>(missing)) throw new Error("a launch that does not exist");
if (missing.response?.data.status !== 404) throw missing;

const seen = new Set<number>();
for (let cursor: string | undefined; ; ) {
  const query = cursor === undefined ? {} : { cursor };
  const { data: articles } = await listArticles({ limit: 100, with_total: true, ...query });
  for (const article of articles.items) seen.add(article.id);
  if (articles.next === null) {
    if (articles.total !== seen.size) throw new Error(`${seen.size} articles`);
    break;
  }
  cursor = new URL(articles.next).searchParams.get("cursor") ?? undefined;
}
console.log(`${seen.size} articles`);
