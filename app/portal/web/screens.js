// Screens of the portal by path: API requests, template, and additional template values.

import { LANG, apiPath } from "./api.js";
import { SEGMENT_BY_TYPE } from "./filters.js";

const MAX_ITEMS = 100;
const LIST_ITEMS = 50;
const RELATED_ITEMS = 10;
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

/** Requests of the list beside a record, by its type. */
const RELATED = {
  person: (slug) => ({ news: apiPath("articles", { person: slug, language, limit: RELATED_ITEMS }) }),
  launch: (slug) => ({ news: apiPath("articles", { launch: slug, language, limit: RELATED_ITEMS }) }),
  module: (slug) => ({ stays: apiPath("stays", { module: slug, sort: "-departed_at", limit: RELATED_ITEMS }) }),
  site: (slug) => ({ launches: apiPath("launches", { site: slug, limit: RELATED_ITEMS }) }),
  vehicle: (slug) => ({ launches: apiPath("launches", { vehicle: slug, limit: RELATED_ITEMS }) }),
  spacecraft_type: (slug) => ({ ships: apiPath("spacecraft", { type: slug, limit: MAX_ITEMS }) }),
  agency: (slug) => ({ people: apiPath("people", { agency: slug, sort: "-flight_seconds", limit: RELATED_ITEMS }) }),
};

const record = (type) => ([slug]) => ({
  template: type,
  requests: { [type]: recordPath(SEGMENT_BY_TYPE[type], slug), ...RELATED[type]?.(slug) },
});

/** A list with a form; `toFilters` makes parameters of the API from the fields of the form. */
const list = (plural, fields, toFilters) => (_, parameters) => {
  const chosen = Object.fromEntries(fields.map((name) => [name, parameters[name] ?? ""]));
  const query = { ...toFilters(chosen), cursor: parameters.cursor, limit: LIST_ITEMS };
  const name = plural.replace("-", "_");
  return { template: name, requests: { [name]: apiPath(plural, query) }, values: { chosen } };
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
  [/^launches$/, list("launches", ["q", "crewed", "year", "vehicle", "site", "provider"], launchFilters)],
  [/^people$/, list("people", ["q", "agency", "sort"], (chosen) => chosen)],
  [/^spacewalks$/, list("spacewalks", ["q", "operator"], (chosen) => chosen)],
  [/^spacecraft-types$/, list("spacecraft-types", [], () => ({}))],
  [/^agencies$/, list("agencies", [], () => ({}))],
  ...Object.entries(SEGMENT_BY_TYPE).map(([type, plural]) => [new RegExp(`^${plural}/([^/]+)$`), record(type)]),
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
