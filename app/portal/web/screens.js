// The addresses of the portal: which requests each is made of, and what its template is told.

import { LANG, address } from "./api.js";

const MOST = 100;
const ABOUT = 10;
const language = LANG;

const TIMELINE = address("launches", { crewed: "true", format: "ndjson", view: "full" });

const mission = ([slug = "current"], { month, day }) => ({
  template: "mission",
  requests: {
    page: address(`missions/${slug}/page`, { month, language }),
    ...(day && { news: address("articles", { published_on: day, language, limit: MOST }) }),
  },
  shown: { day: day ?? null, news: null },
  place: ({ page }) => ["missions", page.mission.slug],
});

const archive = ([month], { day }) => ({
  template: "archive",
  requests: {
    archive: address("articles/archive", { month, language }),
    news: address("articles", {
      ...(day ? { published_on: day } : { published_month: month }), language, limit: MOST,
    }),
  },
  shown: { day: day ?? null },
  place: () => ["archive"],
});

const about = (kind, plural) => ([slug]) => ({
  template: kind,
  requests: {
    [kind]: address(`${plural}/${slug}`),
    news: address("articles", { [kind]: slug, language, limit: ABOUT }),
  },
});

const SCREENS = [
  [/^$/, mission],
  [/^missions$/, () => ({
    template: "missions",
    requests: { missions: address("missions", { limit: MOST }) },
    later: [TIMELINE],
    shown: { timeline: TIMELINE },
  })],
  [/^missions\/([^/]+)$/, mission],
  [/^people\/([^/]+)$/, about("person", "people")],
  [/^launches\/([^/]+)$/, about("launch", "launches")],
  [/^articles\/([^/]+)$/, ([slug]) => ({
    template: "article", requests: { article: address(`articles/${slug}`) },
  })],
  [/^archive$/, () => ({
    template: "years", requests: { years: address("articles/archive", { language }) },
  })],
  [/^archive\/([^/]+)$/, archive],
  [/^search$/, (_, { q, cursor }) => ({
    template: "search",
    requests: q ? { found: address("search", { q, cursor }) } : {},
    optional: true,
    shown: { q: q ?? "", found: null },
  })],
];

/** The screen at a path below the portal's own, null where there is none. */
export function screenAt(path, parameters) {
  for (const [pattern, screen] of SCREENS) {
    const found = pattern.exec(path);
    if (found) {
      return {
        shown: {}, later: [], place: () => [],
        ...screen(found.slice(1).filter(Boolean), Object.fromEntries(parameters)),
      };
    }
  }
  return null;
}
