// Template filters: dates, numbers, links. `template_filters.py` has the same ones for the server.

import { drawStation, isOver } from "./diagram.js";

const PRECISIONS_WITH_TIME = ["second", "minute", "hour"];
export const SEGMENT_BY_TYPE = {
  mission: "missions", person: "people", launch: "launches", article: "articles", spacewalk: "spacewalks",
  spacecraft: "spacecraft", module: "modules", site: "sites", vehicle: "vehicles",
  spacecraft_type: "spacecraft-types", agency: "agencies",
};
const MAX_WEIGHT = 5;
const DAY_MS = 86400e3;
const HORIZON_TOLERANCE_MS = 2 * DAY_MS;
const HORIZONS_OF_STATION = ["crews", "dockings"];

const format = (pattern, values) => pattern.replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** Build a path with the non-empty parameters. */
export function path(base, segments, parameters = {}) {
  const entries = Object.entries(parameters).filter(([, value]) => value);
  const query = new URLSearchParams(entries).toString();
  return `${base}/${segments.map(encodeURIComponent).join("/")}${query && `?${query}`}`;
}

/** Path of a URL of this site: pages load files from their own host, whatever the public URL. */
const pathOf = (url) => new URL(url).pathname;

const dayAfter = (day, days) => new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);

/** Return the template filters in the language of `strings`; dates are in `timeZone`. */
export function filters(lang, strings, timeZone, places) {
  const clock = new Intl.DateTimeFormat("en", {
    timeZone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit",
  });
  const zone = (name) => strings.zones[name] ?? name;
  const plural = new Intl.PluralRules(lang);
  const forms = lang === "ru" ? ["one", "few", "many"] : ["one", "other"];

  /** An instant in the time zone, such as `2019-04-04T14:01`. */
  function toLocal(at) {
    const { year, month, day, hour, minute } = Object.fromEntries(
      clock.formatToParts(new Date(at)).map(({ type, value }) => [type, value]),
    );
    return `${year}-${month}-${day}T${hour}:${minute}`;
  }

  const localDay = (at) => toLocal(at).slice(0, 10);

  const dayOf = (at, precision) =>
    PRECISIONS_WITH_TIME.includes(precision) ? localDay(at) : at.slice(0, 10);

  function lastKnownDay(knownUntil) {
    const outdated = HORIZONS_OF_STATION.map((kind) => Date.parse(knownUntil[kind]))
      .filter((at) => at + HORIZON_TOLERANCE_MS <= Date.now());
    return [localDay(Date.now()), ...outdated.map((at) => dayAfter(localDay(at + 1000), -1))].sort()[0];
  }

  function date(instant, precision) {
    const isInstant = PRECISIONS_WITH_TIME.includes(precision);
    const form = isInstant ? "day" : precision;
    const at = isInstant ? toLocal(instant) : instant;
    const month = Number(at.slice(5, 7) || 1) - 1;
    return format(strings.dates[form], {
      year: at.slice(0, 4),
      month: (form === "day" ? strings.months_of : strings.months)[month],
      quarter: strings.quarters[Math.floor(month / 3)],
      day: Number(at.slice(8, 10)),
    });
  }

  const moment = (local, precision, zone) =>
    format(strings.dates[precision === "hour" ? "hour" : "minute"], {
      date: date(local, "day"), hour: local.slice(11, 13), minute: local.slice(14, 16), zone,
    });

  /** A number with at most `digits` decimals. */
  const decimal = (value, digits) =>
    String(Math.floor(value * 10 ** digits + 0.5) / 10 ** digits).replace(".", strings.decimal_sign);

  const degrees = (value, [positive, negative]) =>
    `${decimal(Math.abs(value), 4)}° ${value < 0 ? negative : positive}`;

  return {
    date,
    coordinates: ({ latitude, longitude }) =>
      [degrees(latitude, strings.latitudes), degrees(longitude, strings.longitudes)].join(", "),
    metres: (value) => format(strings.metres, { n: decimal(value, 2) }),
    percent: (share) => `${decimal(100 * share, 1)} %`,
    when(at, precision) {
      if (!PRECISIONS_WITH_TIME.includes(precision)) return date(at, precision);
      return moment(toLocal(at), precision, zone(timeZone));
    },
    local_when: (at, precision) => moment(at, precision, `UTC${at.slice(19)}`),
    counted: (n, noun) => format(strings.counted[noun][forms.indexOf(plural.select(n))], { n }),
    country: (code) => strings.countries[code] ?? code,
    agency: (name) => strings.agencies[name] ?? name,
    source: (name) => strings.source_names[name] ?? name,
    licence: (name) => strings.licences[name] ?? name,
    duration(seconds) {
      const minutes = Math.floor(seconds / 60);
      return format(strings.hours, { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
    },
    tonnes(kilograms) {
      const tenths = Math.floor((kilograms + 50) / 100);
      return format(strings.tonnes, { whole: Math.floor(tenths / 10), part: tenths % 10 });
    },
    diagram: (station) => drawStation(station, places, lang),
    is_over: isOver,
    find_stay_at_port({ items, known_until: knownUntil }, port) {
      const isOutdated = Date.parse(knownUntil) + HORIZON_TOLERANCE_MS <= Date.now();
      const moment = { at: isOutdated ? knownUntil : null };
      return items.find((stay) => stay.port.slug === port
        && isOver(stay.arrived_at, moment) && !isOver(stay.departed_at, moment)) ?? null;
    },
    day_of: dayOf,
    last_known_day: lastKnownDay,
    departed: (crew) => crew.filter((member) => member.departed_with),
    next_day: (day) => dayAfter(day, 1),
    previous_day: (day) => dayAfter(day, -1),
    with_cursor(address, cursor) {
      const [path, query = ""] = address.split("?");
      const others = query.split("&").filter((part) => part && !part.startsWith("cursor="));
      return `${path}?${[...others, `cursor=${encodeURIComponent(cursor)}`].join("&")}`;
    },
    language: (code) => strings.languages[code] ?? code,
    cursor: (next) => new URL(next).searchParams.get("cursor"),
    clocked: (precision) => PRECISIONS_WITH_TIME.includes(precision),
    short: (name) => name.slice(0, 3),

    initials(name) {
      const words = name.split(" ");
      return [words[0], words.at(-1)].slice(0, words.length).map(([first]) => first).join("");
    },

    day_number: (day) => Number(day.slice(8)),
    weight: (count) => Math.min(count.toString(2).length, MAX_WEIGHT),
    weeks(days) {
      const cells = [...Array(days[0].weekday - 1).fill(null), ...days];
      while (cells.length % 7) cells.push(null);
      return Array.from({ length: cells.length / 7 }, (_, n) => cells.slice(7 * n, 7 * n + 7));
    },
    twelve(months) {
      const byNumber = new Map(months.map((month) => [Number(month.month.slice(5)), month]));
      return Array.from({ length: 12 }, (_, n) => byNumber.get(n + 1) ?? null);
    },
    path_of: pathOf,
    srcset: (sources, type) =>
      sources.filter((source) => source.type === type).map(({ url, width }) => `${pathOf(url)} ${width}w`).join(", "),
    // Highlights count code points, some of which are two UTF-16 units.
    parts(text, highlights, field) {
      const letters = Array.from(text);
      const pieces = [];
      let at = 0;
      for (const { start, end } of highlights.filter((hit) => hit.field === field)) {
        pieces.push({ text: letters.slice(at, start).join(""), hit: false });
        pieces.push({ text: letters.slice(start, end).join(""), hit: true });
        at = end;
      }
      return [...pieces, { text: letters.slice(at).join(""), hit: false }];
    },
  };
}

/** Put the first occurrence of each abbreviation in `html` into `<abbr>`, with its title. */
export function explainAbbreviations(html, titles) {
  const pending = new Map(Object.entries(titles));
  const letter = "[\\p{L}\\p{N}_-]";
  const word = new RegExp(`(?<!${letter})(?:${Object.keys(titles).join("|")})(?!${letter})`, "gu");
  const mark = (name) => {
    if (!pending.has(name)) return name;
    const title = pending.get(name);
    pending.delete(name);
    return `<abbr title="${title}">${name}</abbr>`;
  };
  // Every second part is a tag.
  return html.split(/(<[^>]*>)/).map((part, n) => (n % 2 ? part : part.replace(word, mark))).join("");
}

/**
 * Return the link functions of the templates. `calendarPath` is the path of the page's calendar,
 * `dayOf` the filter `day_of`.
 */
export function links(base, keptLang, calendarPath, dayOf) {
  const to = (...segments) => {
    const parameters = typeof segments.at(-1) === "object" ? segments.pop() : {};
    return path(base, segments, { ...parameters, lang: keptLang });
  };
  return {
    to,
    kept_lang: keptLang,
    to_found(item) {
      if (item.type === "media") return item.url; // It has no page.
      if (item.type !== "stay") return to(SEGMENT_BY_TYPE[item.type], item.slug);
      // A suggestion has no time.
      return item.at ? to("station", { on: dayOf(item.at, item.at_precision) }) : to("search", { q: item.title });
    },
    to_event({ kind, url, launch, mission }) {
      if (kind === "spacewalk") return to("spacewalks", new URL(url).pathname.split("/").at(-1));
      if (launch) return to("launches", launch.slug);
      return mission ? to("missions", mission.slug) : to("station");
    },
    of_month: (month, day) =>
      calendarPath[0] === "archive" ? to("archive", month, { day }) : to(...calendarPath, { month, day }),
  };
}
