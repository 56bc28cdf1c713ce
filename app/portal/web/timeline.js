// Timeline of crew flights in SVG: one bar per person and flight, from launch to landing.

import { getLines } from "./api.js";
import { links } from "./filters.js";

const SVG = "http://www.w3.org/2000/svg";
const MIN_YEAR_PX = 40; // the drawing scrolls if the years do not fit
const LANE_PX = 15;
const HEADER_PX = 20;
const MARGIN_PX = 8; // right of the present day
const DAY_MS = 86400e3;
const YEAR_MS = 365.2425 * DAY_MS;
const FIRST_LAUNCH_MS = Date.UTC(2000, 9, 31); // launch of the first crew
const FLOWN = ["in_flight", "success", "partial_failure"];
const AGENCIES = ["Roscosmos", "NASA", "ESA", "JAXA", "CSA"];

const draw = (name, attributes, ...children) => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};

/**
 * Return the flights since the first crew's launch, each with a lane that it does not share.
 * A flight without a landing lasts until `end`, and is `open`.
 */
export function flights(launches, end) {
  const flown = launches
    .filter((launch) => FLOWN.includes(launch.status))
    .flatMap((launch) => launch.crew.map(({ person, landed_at: landed }) => ({
      person, ship: launch.spacecraft[0]?.name ?? launch.slug,
      up: Date.parse(launch.launch_at), down: landed ? Date.parse(landed) : end,
      open: !landed,
    })))
    .filter(({ up, down }) => down > FIRST_LAUNCH_MS && up < end)
    .sort((a, b) => a.up - b.up || a.person.name.localeCompare(b.person.name));
  const free = []; // end of the last flight by lane
  for (const flight of flown) {
    let lane = free.findIndex((at) => at <= flight.up);
    if (lane < 0) lane = free.length;
    free[lane] = flight.down;
    flight.lane = lane;
  }
  return flown;
}

/** Return the flights in progress on a day in UTC. */
export const aboardOn = (all, day) =>
  all.filter(({ up, down }) => up < day + DAY_MS && down > day);

export async function enhanceTimeline(root, ready, base) {
  const section = root.querySelector("[data-timeline]");
  if (!section) return;
  const drawing = section.querySelector(".drawing");
  const { strings, filters } = await ready;
  const launches = await getLines(section.dataset.timeline).catch(() => null);
  if (!launches) drawing.textContent = strings.problem;
  if (!launches || !section.isConnected) return;

  const now = Date.now();
  const end = Math.min(now, Date.parse(section.dataset.knownUntil) || now); // of what is known
  const all = flights(launches, end);
  const from = Date.UTC(2000, 0, 1);
  const years = (now - from) / YEAR_MS;
  const scale = Math.max(MIN_YEAR_PX, (drawing.clientWidth - MARGIN_PX) / years) / YEAR_MS;
  const x = (at) => (at - from) * scale;
  const width = Math.floor(x(now)) + MARGIN_PX;
  const height = HEADER_PX + LANE_PX * (1 + Math.max(...all.map(({ lane }) => lane))) + 4;

  const grid = [];
  for (let year = 2000; Date.UTC(year) <= now; year += 1) {
    const at = x(Date.UTC(year));
    grid.push(draw("line", { x1: at, x2: at, y1: 0, y2: height }));
    grid.push(draw("text", { x: at + 4, y: 13 }, String(year)));
  }
  const bars = all.map((flight) => draw("rect", {
    x: x(flight.up).toFixed(1),
    width: Math.max(1.5, x(flight.open ? now : flight.down) - x(flight.up)).toFixed(1),
    y: HEADER_PX + flight.lane * LANE_PX, height: LANE_PX - 3, rx: 2, "data-agency": flight.person.agency ?? "",
  }, draw("title", {}, `${flight.person.name} · ${flight.ship}`)));
  // Flights without a landing fade out behind the horizon: it is not known how long they last.
  const fade = draw("defs", {},
    draw("linearGradient", { id: "fade" },
      draw("stop", { offset: 0, "stop-color": "#fff", "stop-opacity": 0.6 }),
      draw("stop", { offset: 1, "stop-color": "#fff", "stop-opacity": 0 })),
    draw("mask", { id: "known", maskUnits: "userSpaceOnUse", x: 0, y: 0, width, height },
      draw("rect", { fill: "#fff", width: x(end), height }),
      draw("rect", { fill: "url(#fade)", x: x(end), width: x(now) - x(end), height })));
  const line = draw("line", { class: "now", y1: 0, y2: height });
  const svg = draw("svg", {
    width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": strings.timeline,
  }, fade, ...grid, draw("g", { mask: "url(#known)" }, ...bars), line);

  const scroll = Object.assign(document.createElement("div"), { className: "scroll", tabIndex: 0 });
  scroll.setAttribute("role", "group");
  scroll.setAttribute("aria-label", strings.timeline);
  scroll.append(svg);

  const legend = Object.assign(document.createElement("p"), { className: "legend" });
  legend.append(...AGENCIES.map((agency) => {
    const entry = document.createElement("span");
    const key = draw("svg", { width: 12, height: 12, "aria-hidden": "true" },
      draw("rect", { width: 12, height: 12, rx: 2, "data-agency": agency }));
    entry.append(key, filters.agency(agency));
    return entry;
  }));

  const input = Object.assign(document.createElement("input"), {
    type: "date", id: "aboard-on", min: "2000-10-31", max: new Date(end).toISOString().slice(0, 10),
  });
  const label = Object.assign(document.createElement("label"), { htmlFor: input.id, textContent: strings.day });
  const form = document.createElement("form");
  form.append(label, input);
  const result = document.createElement("div");
  result.setAttribute("aria-live", "polite");
  const { to } = links(base, new URLSearchParams(location.search).get("lang"), []);

  function selectDay(day) {
    input.value = new Date(day).toISOString().slice(0, 10);
    line.setAttribute("x1", x(day + DAY_MS / 2));
    line.setAttribute("x2", x(day + DAY_MS / 2));
    const aboard = aboardOn(all, day);
    bars.forEach((bar, n) => bar.classList.toggle("past", !aboard.includes(all[n])));
    const list = Object.assign(document.createElement("ul"), { className: "chips" });
    list.append(...aboard.map(({ person }) => {
      const entry = document.createElement("li");
      entry.append(Object.assign(document.createElement("a"), {
        href: to("people", person.slug), textContent: person.name,
      }));
      return entry;
    }));
    const count = Object.assign(document.createElement("p"), {
      className: "quiet",
      textContent: aboard.length
        ? `${filters.date(input.value, "day")}: ${filters.counted(aboard.length, "people")}`
        : strings.nobody,
    });
    result.replaceChildren(count, list);
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("change", () => input.value && selectDay(Date.parse(input.value)));
  svg.addEventListener("click", (event) => {
    const at = from + event.offsetX / scale;
    selectDay(Math.floor(Math.min(Math.max(at, FIRST_LAUNCH_MS), end) / DAY_MS) * DAY_MS);
  });

  drawing.replaceChildren(scroll, legend, form, result);
  scroll.scrollLeft = width;
  selectDay(Math.floor(end / DAY_MS) * DAY_MS);
}
