// Who was aboard when: a bar for each flight of a person, from launch to landing, drawn as SVG.

import { lines } from "./api.js";
import { links } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const LEAST = 40; // pixels: narrower years are scrolled
const LANE = 15;
const HEAD = 20;
const EDGE = 8; // behind the present
const DAY = 86400e3;
const YEAR = 365.2425 * DAY;
const FIRST = Date.UTC(2000, 9, 31); // when the first crew left
const AGENCIES = ["Roscosmos", "NASA", "ESA", "JAXA", "CSA"];

const draw = (name, attributes, ...children) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

/** The flights of people that went on on or after the first crew's day, each with a lane of its own. */
export function flights(launches, now) {
  const found = launches
    .filter((launch) => launch.status !== "failure")
    .flatMap((launch) => launch.crew.map(({ person, landed_at: landed }) => ({
      person, ship: launch.spacecraft[0]?.name ?? launch.slug,
      up: Date.parse(launch.launch_at), down: landed ? Date.parse(landed) : now,
    })))
    .filter(({ up, down }) => down > FIRST && up < now)
    .sort((a, b) => a.up - b.up || a.person.name.localeCompare(b.person.name));
  const free = []; // by lane: when it is free again
  for (const flight of found) {
    let lane = free.findIndex((at) => at <= flight.up);
    if (lane < 0) lane = free.length;
    free[lane] = flight.down;
    flight.lane = lane;
  }
  return found;
}

/** Those who were in orbit for the station on a day, in UTC. */
export const aboardOn = (found, day) =>
  found.filter(({ up, down }) => up < day + DAY && down > day);

export async function enhanceTimeline(root, ready, base) {
  const section = root.querySelector("[data-timeline]");
  if (!section) return;
  const drawing = section.querySelector(".drawing");
  const { strings, words } = await ready;
  const launches = await lines(section.dataset.timeline).catch(() => null);
  if (!launches) drawing.textContent = strings.problem;
  if (!launches || !section.isConnected) return;

  const now = Date.now();
  const found = flights(launches, now);
  const from = Date.UTC(2000, 0, 1);
  const years = (now - from) / YEAR;
  const scale = Math.max(LEAST, (drawing.clientWidth - EDGE) / years) / YEAR;
  const x = (at) => (at - from) * scale;
  const width = Math.floor(x(now)) + EDGE;
  const height = HEAD + LANE * (1 + Math.max(...found.map(({ lane }) => lane))) + 4;

  const grid = [];
  for (let year = 2000; Date.UTC(year) <= now; year += 1) {
    const at = x(Date.UTC(year));
    grid.push(draw("line", { x1: at, x2: at, y1: 0, y2: height }));
    grid.push(draw("text", { x: at + 4, y: 13 }, String(year)));
  }
  const bars = found.map((flight) => draw("rect", {
    x: x(flight.up).toFixed(1), width: Math.max(1.5, x(flight.down) - x(flight.up)).toFixed(1),
    y: HEAD + flight.lane * LANE, height: LANE - 3, rx: 2, "data-agency": flight.person.agency ?? "",
  }, draw("title", {}, `${flight.person.name} · ${flight.ship}`)));
  const line = draw("line", { class: "now", y1: 0, y2: height });
  const svg = draw("svg", {
    width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": strings.timeline,
  }, ...grid, ...bars, line);

  const scroll = Object.assign(document.createElement("div"), { className: "scroll", tabIndex: 0 });
  scroll.setAttribute("role", "group");
  scroll.setAttribute("aria-label", strings.timeline);
  scroll.append(svg);

  const legend = Object.assign(document.createElement("p"), { className: "legend" });
  legend.append(...AGENCIES.map((agency) => {
    const entry = document.createElement("span");
    const key = draw("svg", { width: 12, height: 12, "aria-hidden": "true" },
      draw("rect", { width: 12, height: 12, rx: 2, "data-agency": agency }));
    entry.append(key, words.agency(agency));
    return entry;
  }));

  const input = Object.assign(document.createElement("input"), {
    type: "date", id: "aboard-on", min: "2000-10-31", max: new Date(now).toISOString().slice(0, 10),
  });
  const label = Object.assign(document.createElement("label"), { htmlFor: input.id, textContent: strings.day });
  const form = document.createElement("form");
  form.append(label, input);
  const told = document.createElement("div");
  told.setAttribute("aria-live", "polite");
  const { to } = links(base, new URLSearchParams(location.search).get("lang"), []);

  function pick(day) {
    input.value = new Date(day).toISOString().slice(0, 10);
    line.setAttribute("x1", x(day + DAY / 2));
    line.setAttribute("x2", x(day + DAY / 2));
    const aboard = aboardOn(found, day);
    bars.forEach((bar, n) => bar.classList.toggle("past", !aboard.includes(found[n])));
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
        ? `${words.date(input.value, "day")}: ${words.counted(aboard.length, "people")}`
        : strings.nobody,
    });
    told.replaceChildren(count, list);
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("change", () => input.value && pick(Date.parse(input.value)));
  svg.addEventListener("click", (event) => {
    const at = from + event.offsetX / scale;
    pick(Math.floor(Math.min(Math.max(at, FIRST), now) / DAY) * DAY);
  });

  drawing.replaceChildren(scroll, legend, form, told);
  scroll.scrollLeft = width;
  pick(Math.floor(now / DAY) * DAY);
}
