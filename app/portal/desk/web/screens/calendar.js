// Calendar: articles of a month by the day of their publication, published and scheduled.

import { TIME_ZONE, sendForAll } from "../api.js";
import { LOCALE, clockText, dayOf } from "../dates.js";
import { element, fill } from "../dom.js";
import { addMonths, weeksOf } from "../month.js";

const DAY_STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
const FIELDS = "slug,title,language,published_at,published_at_precision";
/** Precisions of a time of which the clock shows nothing. */
const VAGUE = ["day", "month", "quarter", "year"];

export async function show(main, [chosenMonth], desk) {
  const today = dayOf(new Date());
  const month = chosenMonth ?? today.slice(0, 7);
  const [published, scheduled] = await Promise.all([
    sendForAll("articles", { published_month: month, tz: TIME_ZONE, fields: FIELDS, sort: "published_at" }, desk.signal),
    sendForAll("drafts", { status: "scheduled", fields: `${FIELDS},status` }, desk.signal),
  ]);
  const byDay = Map.groupBy(
    [...published, ...scheduled.filter((article) => dayOf(article.published_at).startsWith(month))]
      .sort((a, b) => Date.parse(a.published_at) - Date.parse(b.published_at)),
    (article) => dayOf(article.published_at),
  );
  const entry = (article) => element("li", { class: article.status && "scheduled" },
    !VAGUE.includes(article.published_at_precision) && [
      element("time", { datetime: article.published_at }, clockText(article.published_at)), " ",
    ],
    element("a", { href: `#/articles/${article.slug}`, lang: article.language }, article.title),
    article.status && [" ", element("span", { class: "badge" }, desk.text(`value.${article.status}`))]);

  const named = (day, options) => new Date(`${day}T00:00:00Z`).toLocaleDateString(LOCALE, { timeZone: "UTC", ...options });
  const start = today.startsWith(month) ? today : `${month}-01`;
  const weeks = weeksOf(month);
  const weekdays = weeks[1].map((day) => [named(day, { weekday: "short" }), named(day, { weekday: "long" })]);
  const cell = (day) => day === null
    ? element("td")
    : element("td", {
      "data-day": day, tabindex: day === start ? 0 : -1,
      "aria-current": day === today && "date",
      "aria-label": `${named(day, { day: "numeric", month: "long" })}: ${desk.counted(byDay.get(day)?.length ?? 0, "calendar.articles")}`,
    }, element("span", { class: "day" }, String(Number(day.slice(8)))),
      byDay.has(day) && element("ul", {}, byDay.get(day).map(entry)));
  const grid = element("table", { class: "grid", onkeydown: moveFocus },
    element("thead", {}, element("tr", {}, weekdays.map(([short, long]) =>
      element("th", { scope: "col", abbr: long }, short)))),
    element("tbody", {}, weeks.map((week) => element("tr", {}, week.map(cell)))));
  const list = element("div", { class: "agenda card" }, [...byDay].map(([day, articles]) => [
    element("h2", {}, named(day, { weekday: "long", day: "numeric", month: "long" })),
    element("ul", {}, articles.map(entry)),
  ]));
  if (byDay.size === 0) fill(list, element("p", { class: "empty" }, desk.text("list.empty")));

  function moveFocus(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "PageUp" || event.key === "PageDown") {
      event.preventDefault();
      desk.go(`#/calendar/${addMonths(month, event.key === "PageUp" ? -1 : 1)}`);
    }
    const days = [...grid.querySelectorAll("[data-day]")];
    const at = days.indexOf(event.target);
    if (at < 0 || !(event.key in DAY_STEPS)) return;
    event.preventDefault();
    const next = days[at + DAY_STEPS[event.key]];
    if (!next) return;
    days[at].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  const view = element("button", { type: "button", class: "calendar-view", "aria-pressed": "false", onclick: () => {
    const showsList = view.getAttribute("aria-pressed") === "false";
    view.setAttribute("aria-pressed", String(showsList));
    root.dataset.view = showsList ? "list" : "grid";
  } }, desk.text("calendar.as_list"));
  const root = element("div", { class: "calendar-screen", "data-view": "grid" },
    element("p", { class: "quiet keys" }, desk.text("calendar.keys")), grid, list);
  fill(main,
    element("h1", {}, desk.text("calendar.of", { month: named(`${month}-01`, { month: "long", year: "numeric" }) })),
    element("p", { class: "actions" },
      element("a", { class: "button", rel: "prev", href: `#/calendar/${addMonths(month, -1)}` }, desk.text("calendar.previous")),
      element("a", { class: "button", rel: "next", href: `#/calendar/${addMonths(month, 1)}` }, desk.text("calendar.next")),
      view,
      element("span", { class: "quiet" }, desk.text("calendar.zone", { zone: TIME_ZONE }))),
    root);
}
