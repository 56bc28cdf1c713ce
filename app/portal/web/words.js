// What the templates say in words: dates, numbers, places. `words.py` has the same for the server.

const CLOCKED = ["second", "minute", "hour"];
const FOUND = { mission: "missions", person: "people", launch: "launches", article: "articles" };
const HEAVIEST = 5;

const filled = (form, values) => form.replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** A path with the parameters that are given. */
export function path(base, segments, parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value);
  const query = new URLSearchParams(given).toString();
  return `${base}/${segments.map(encodeURIComponent).join("/")}${query && `?${query}`}`;
}

/** The filters of the templates, in the language of `strings`. */
export function filters(lang, strings) {
  const plural = new Intl.PluralRules(lang);
  const forms = lang === "ru" ? ["one", "few", "many"] : ["one", "other"];

  function date(at, precision) {
    const form = CLOCKED.includes(precision) ? "day" : precision;
    const month = Number(at.slice(5, 7) || 1) - 1;
    return filled(strings.dates[form], {
      year: at.slice(0, 4),
      month: (form === "day" ? strings.months_of : strings.months)[month],
      quarter: strings.quarters[Math.floor(month / 3)],
      day: Number(at.slice(8, 10)),
    });
  }

  return {
    date,
    when(at, precision) {
      if (!CLOCKED.includes(precision)) return date(at, precision);
      return filled(strings.dates[precision === "hour" ? "hour" : "minute"], {
        date: date(at, "day"), hour: at.slice(11, 13), minute: at.slice(14, 16),
      });
    },
    counted: (n, noun) => filled(strings.counted[noun][forms.indexOf(plural.select(n))], { n }),
    country: (code) => strings.countries[code] ?? code,
    agency: (name) => strings.agencies[name] ?? name,
    language: (code) => strings.languages[code] ?? code,
    cursor: (next) => new URL(next).searchParams.get("cursor"),
    clocked: (precision) => CLOCKED.includes(precision),
    short: (name) => name.slice(0, 3),
    day_number: (day) => Number(day.slice(8)),
    weight: (count) => Math.min(count.toString(2).length, HEAVIEST),
    weeks(days) {
      const cells = [...Array(days[0].weekday - 1).fill(null), ...days];
      while (cells.length % 7) cells.push(null);
      return Array.from({ length: cells.length / 7 }, (_, n) => cells.slice(7 * n, 7 * n + 7));
    },
    twelve(months) {
      const there = new Map(months.map((month) => [Number(month.month.slice(5)), month]));
      return Array.from({ length: 12 }, (_, n) => there.get(n + 1) ?? null);
    },
    // The places are counted in code points, of which some take two units of a string.
    parts(text, highlights, field) {
      const letters = Array.from(text);
      const found = [];
      let at = 0;
      for (const { start, end } of highlights.filter((hit) => hit.field === field)) {
        found.push({ text: letters.slice(at, start).join(""), hit: false });
        found.push({ text: letters.slice(start, end).join(""), hit: true });
        at = end;
      }
      return [...found, { text: letters.slice(at).join(""), hit: false }];
    },
  };
}

/** The functions of the templates: where links lead. `place` is where the calendar of a page leads. */
export function links(base, keptLang, place) {
  const to = (...given) => {
    const parameters = typeof given.at(-1) === "object" ? given.pop() : {};
    return path(base, given, { ...parameters, lang: keptLang });
  };
  return {
    to,
    kept_lang: keptLang,
    to_found: (item) => to(FOUND[item.type], item.slug),
    of_month: (month, day) =>
      place[0] === "archive" ? to("archive", month, { day }) : to(...place, { month, day }),
  };
}
