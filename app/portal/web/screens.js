// Screens of the portal by path: API requests, template, and additional template values.

import { LANG, apiPath } from "./api.js";

const MAX_ITEMS = 100;
const LIST_ITEMS = 50;
const RELATED_NEWS_ITEMS = 10;
const HOME_ARTICLES = 5;
const language = LANG;

const TO_STATION = { to_station: "true" };
const TIMELINE = apiPath("launches", {
  ...TO_STATION, crewed: "true", format: "ndjson", view: "full",
});

// In the address bar, a request without `format` leads to the page.
const recordPath = (plural, slug) => apiPath(`${plural}/${slug}`, { format: "json" });

const mission = ([slug], { month, day }) => ({
  template: "mission",
  requests: {
    page: apiPath(`missions/${slug}/page`, { month, language }),
    ...(day && { news: apiPath("articles", { published_on: day, language, limit: MAX_ITEMS }) }),
  },
  values: { day: day ?? null, news: null },
  calendarPath: ({ page }) => ["missions", page.mission.slug],
});

const archive = ([month], { day }) => ({
  template: "archive",
  requests: {
    archive: apiPath("articles/archive", { month, language }),
    news: apiPath("articles", {
      ...(day ? { published_on: day } : { published_month: month }), language, limit: MAX_ITEMS,
    }),
  },
  values: { day: day ?? null },
  calendarPath: () => ["archive"],
});

const detail = (kind, plural) => ([slug]) => ({
  template: kind,
  requests: {
    [kind]: recordPath(plural, slug),
    news: apiPath("articles", { [kind]: slug, language, limit: RELATED_NEWS_ITEMS }),
  },
});

/** A list with a form; `toFilters` makes parameters of the API from the fields of the form. */
const list = (plural, fields, toFilters) => (_, parameters) => {
  const chosen = Object.fromEntries(fields.map((name) => [name, parameters[name] ?? ""]));
  const query = { ...toFilters(chosen), cursor: parameters.cursor, limit: LIST_ITEMS };
  return {
    template: plural, requests: { [plural]: apiPath(plural, query) }, values: { chosen },
  };
};

const launchFilters = ({ year, ...others }) => ({
  ...TO_STATION, ...others,
  ...(year && { launch_at_gte: `${year}-01-01`, launch_at_lt: `${Number(year) + 1}-01-01` }),
});

const stationKnownBy = (facts) => apiPath("station", { last_known: facts });

const station = (_, { on }) => ({
  template: "station", requests: { station: on ? apiPath("station", { on }) : stationKnownBy("crews,dockings") },
});

const home = () => ({
  template: "home",
  requests: {
    page: apiPath("missions/current/page", {
      articles: HOME_ARTICLES, articles_of: "all", language, launches: "0",
    }),
    crew_station: stationKnownBy("crews"),
    port_station: stationKnownBy("dockings"),
  },
  optional: ["crew_station", "port_station"],
});

const SCREENS = [
  [/^$/, home],
  [/^missions$/, () => ({
    template: "missions",
    requests: { missions: apiPath("missions", { limit: MAX_ITEMS }) },
    later: [TIMELINE],
    values: { timeline: TIMELINE },
  })],
  [/^missions\/([^/]+)$/, mission],
  [/^station$/, station],
  [/^launches$/, list("launches", ["q", "crewed", "year"], launchFilters)],
  [/^people$/, list("people", ["q", "agency", "sort"], (chosen) => chosen)],
  [/^spacewalks$/, list("spacewalks", ["q", "operator"], (chosen) => chosen)],
  [/^spacewalks\/([^/]+)$/, ([slug]) => ({
    template: "spacewalk", requests: { spacewalk: recordPath("spacewalks", slug) },
  })],
  [/^people\/([^/]+)$/, detail("person", "people")],
  [/^launches\/([^/]+)$/, detail("launch", "launches")],
  [/^articles\/([^/]+)$/, ([slug]) => ({
    template: "article", requests: { article: recordPath("articles", slug) },
  })],
  [/^archive$/, () => ({
    template: "years", requests: { years: apiPath("articles/archive", { language }) },
  })],
  [/^archive\/([^/]+)$/, archive],
  [/^search$/, (_, { q, cursor }) => ({
    template: "search",
    requests: q ? { found: apiPath("search", { q, cursor }) } : {},
    optional: ["found"],
    values: { q: q ?? "", found: null },
  })],
];

/** Return the screen at a path below the portal's root, or null. */
export function screenAt(path, parameters) {
  for (const [pattern, screen] of SCREENS) {
    const match = pattern.exec(path);
    if (match) {
      const found = screen(match.slice(1).filter(Boolean), Object.fromEntries(parameters));
      return found ? { values: {}, later: [], calendarPath: () => [], ...found } : null;
    }
  }
  return null;
}
