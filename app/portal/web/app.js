// Client-side navigation: follows links without page loads, and refreshes the page after changes.

import { LANG, ROOT, TIME_ZONE, Problem, getJson, send } from "./api.js";
import { enhanceCalendar } from "./calendar.js";
import { enhanceCountdowns } from "./countdown.js";
import { explainAbbreviations, filters, links } from "./filters.js";
import { autoRefresh } from "./refresh.js";
import { screenAt } from "./screens.js";
import { enhanceSearch } from "./search.js";
import { enhanceStation } from "./station.js";
import { templates } from "./template.js";
import { enhanceThemeButton } from "./theme-button.js";
import { enhanceTimeline } from "./timeline.js";

const BASE = ROOT.pathname.replace(/\/$/, "");
const main = document.getElementById("main");
const live = document.getElementById("live");

// The only Trusted Types policy: all HTML is created through it.
const html = globalThis.trustedTypes?.createPolicy("zarya", {
  createHTML: (text) => text,
  createScriptURL: (text) => text,
}) ?? { createHTML: (text) => text, createScriptURL: (text) => text };

const file = async (name) => (await fetch(new URL(name, import.meta.url))).json();
const ready = Promise.all(
  [file("templates.json"), file(`strings/${LANG}.json`), file("places.json")],
).then(([sources, strings, places]) => ({
  strings, filters: filters(LANG, strings, TIME_ZONE, places), sources,
})).then((parts) => ({ ...parts, fill: templates(parts.sources, parts.filters) }));

const screenOf = (url) => screenAt(url.pathname.slice(BASE.length + 1), url.searchParams);

/** Whether a link leads to a screen that can be rendered here, in the current language. */
const isRenderable = (url) =>
  url.origin === location.origin && url.pathname.startsWith(`${BASE}/`)
  && url.searchParams.get("lang") === new URLSearchParams(location.search).get("lang")
  && screenOf(url) !== null;

/** Render the screen at `url`; returns its HTML. */
export async function render(url, options) {
  const screen = screenOf(url);
  if (!screen) throw new Problem({ status: 0, detail: "" }); // only the server can render it
  const [{ strings, fill, filters: { day_of: dayOf } }, data] = await Promise.all([ready, fetchData(screen, options)]);
  const lang = url.searchParams.get("lang");
  const names = {
    lang: LANG, t: strings, ...screen.values, ...data,
    here: pathOf(url), ...links(BASE, lang, screen.calendarPath(data), dayOf),
  };
  return explainAbbreviations(fill(screen.template, names), strings.abbreviations);
}

/** Data of a screen by name; null for those of `optional` that the server refuses. */
async function fetchData({ requests, optional = [] }, options) {
  const entries = Object.entries(requests).map(async ([name, request]) => {
    const data = getJson(request, options).catch((problem) => {
      if (optional.includes(name) && problem instanceof Problem) return null;
      throw problem;
    });
    return [name, await data];
  });
  return Object.fromEntries(await Promise.all(entries));
}

export async function renderProblem(problem, url) {
  const { strings, fill } = await ready;
  return fill("problem", {
    lang: LANG, t: strings, ...links(BASE, url.searchParams.get("lang"), []),
    again: problem.status >= 400 && problem.status < 500 ? null : url.href,
    problem: {
      status: problem.status || "", title: problem.title ?? strings.problem,
      instance: problem.instance ?? null,
      detail: problem.status ? problem.detail ?? "" : strings.problem_offline,
      errors: problem.errors ?? [],
    },
  });
}

const pathOf = (url) => url.pathname + url.search;
let current = pathOf(location); // path and query of the screen that is shown or loading
let navigation; // AbortController of the navigation in progress
let currentHtml = main.innerHTML.trim(); // HTML of the screen as rendered, here or by the server

/** Show the screen at `url`. `keep`: selector of the element that keeps the focus. */
async function show(url, { keep = "", signal } = {}) {
  main.setAttribute("aria-busy", "true");
  updateNavigation(url);
  current = pathOf(url);
  let rendered;
  try {
    rendered = await render(url, { signal });
  } catch (problem) {
    if (problem.name === "AbortError") return;
    if (!(problem instanceof Problem)) throw problem;
    rendered = await renderProblem(problem, url);
  }
  if (signal?.aborted) return;
  const { strings } = await ready;
  replace(rendered);
  const heading = main.querySelector("h1");
  document.title = `${heading.textContent} – ${strings.name}`;
  listRequests(url);
  const focused = keep && main.querySelector(keep);
  if (focused) focused.focus({ preventScroll: true });
  else {
    scrollTo(0, 0);
    heading.focus({ preventScroll: true });
  }
  live.textContent = focused ? main.querySelector("#month, #news")?.textContent ?? "" : "";
}

function parse(rendered) {
  const template = document.createElement("template");
  template.innerHTML = html.createHTML(rendered);
  return template;
}

function replace(rendered) {
  main.innerHTML = html.createHTML(rendered);
  currentHtml = main.innerHTML.trim();
  main.removeAttribute("aria-busy");
  enhance();
}

function enhance() {
  enhanceCalendar(main, navigate);
  enhanceCountdowns(main, ready);
  enhanceSearch(main, ready, navigate, BASE);
  enhanceTimeline(main, ready, BASE);
  enhanceStation(main, ready, { showParts, settle, navigate });
}

/** Replace the parts of the screen that change with the parameters in `url`, if `within` remains. */
async function showParts(url, within) {
  current = pathOf(url); // a refresh of the former screen must not replace this one
  const rendered = parse(await render(url));
  if (!within.isConnected) return;
  currentHtml = rendered.innerHTML.trim();
  for (const part of main.querySelectorAll("[data-part]")) {
    const { scrollLeft } = part;
    const selector = `[data-part="${part.dataset.part}"]`;
    part.replaceChildren(...rendered.content.querySelector(selector).childNodes);
    part.scrollLeft = scrollLeft;
  }
}

/** Replace the URL without a history entry, and announce the heading. */
async function settle(url, { isSilent = false } = {}) {
  history.replaceState(history.state, "", url);
  current = pathOf(url);
  updateNavigation(url);
  listRequests(url);
  const heading = main.querySelector("h1");
  document.title = `${heading.textContent} – ${(await ready).strings.name}`;
  if (!isSilent) live.textContent = heading.parentElement.textContent;
}

/** Mark the current page in the navigation bar, and point the language link to the same screen. */
function updateNavigation(url) {
  const path = url.pathname.slice(BASE.length);
  for (const link of document.querySelectorAll(".bar nav a")) {
    const to = new URL(link.href).pathname.slice(BASE.length);
    const here = to === "/" ? path === "/" : path === to || path.startsWith(`${to}/`);
    link.toggleAttribute("aria-current", here);
    if (here) link.setAttribute("aria-current", "page");
  }
  const language = document.querySelector(".language");
  const other = new URL(url);
  other.searchParams.set("lang", language.hreflang);
  language.href = other;
}

/** List the API requests of the screen in the footer. */
function listRequests(url) {
  const { requests, later } = screenOf(url) ?? { requests: {}, later: [] };
  const footer = document.getElementById("made-of");
  const requestLinks = [...Object.values(requests), ...later].map((request) => {
    const link = document.createElement("a");
    link.href = BASE + request;
    link.append(Object.assign(document.createElement("code"), { textContent: `GET ${request}` }));
    return link;
  });
  footer.hidden = requestLinks.length === 0;
  footer.replaceChildren(footer.firstChild.textContent, ...requestLinks.flatMap((link) => [link, " "]));
}

/** Navigate to another screen. */
export function navigate(address, options = {}) {
  const url = new URL(address, location.href);
  if (!isRenderable(url)) {
    location.assign(url);
    return Promise.resolve();
  }
  history.replaceState({ ...history.state, top: scrollY }, "");
  history.pushState({}, "", url);
  return go(url, options);
}

function go(url, options) {
  navigation?.abort();
  navigation = new AbortController();
  return show(url, { ...options, signal: navigation.signal });
}

addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button !== 0) return;
  if (link.hasAttribute("target") || link.hasAttribute("download")) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const url = new URL(link.getAttribute("href"), location.href);
  if (!isRenderable(url) || (url.hash && pathOf(url) === current)) return;
  event.preventDefault();
  const calendar = link.closest("[data-calendar]");
  navigate(url, { keep: !calendar ? "" : link.dataset.date ? "#news" : `#${link.id}` });
});

// Forms with filters: fields without a value are omitted.
addEventListener("submit", (event) => {
  if (!event.target.matches("[data-filters]")) return;
  event.preventDefault();
  const url = new URL(event.target.getAttribute("action"), location.href);
  for (const [name, value] of new FormData(event.target)) if (value) url.searchParams.set(name, value);
  navigate(url);
});

addEventListener("popstate", async (event) => {
  if (pathOf(location) === current) return; // only the fragment changed
  await go(new URL(location.href), {});
  scrollTo(0, event.state?.top ?? 0);
});
history.scrollRestoration = "manual";

enhanceThemeButton();

const here = new URL(location.href);
updateNavigation(here);
enhance();
if (main.querySelector("[data-loading], [data-failed]")) go(here, {});

/** Normalise HTML as the browser serialises it, for comparison. */
const normalise = (rendered) => parse(rendered).innerHTML.trim();

/** Fetch the data of the screen again, and replace the screen if it differs. */
async function refresh(options) {
  const url = new URL(location.href);
  if (!screenOf(url) || pathOf(url) !== current || main.hasAttribute("aria-busy")) return;
  const rendered = await render(url, options).catch(() => null);
  if (!rendered || url.href !== location.href || pathOf(url) !== current || main.hasAttribute("aria-busy")) return;
  if (normalise(rendered) === currentHtml || document.activeElement.matches("input, select")) return;
  const { id } = document.activeElement;
  replace(rendered);
  if (id) document.getElementById(id)?.focus({ preventScroll: true });
  live.textContent = (await ready).strings.updated;
}

autoRefresh({
  html,
  refresh,
  /** Cache the data of this screen and of the screens in the navigation bar. */
  async prefetch() {
    await refresh();
    for (const link of document.querySelectorAll(".bar nav a")) {
      const screen = screenOf(new URL(link.href));
      if (!screen) continue;
      await Promise.all([fetchData(screen), ...screen.later.map((request) => send(request))])
        .catch(() => null);
    }
  },
  /** Show a notice while there is no connection. */
  async showOffline(isOffline) {
    document.querySelector(".notice")?.remove();
    if (!isOffline) return;
    const notice = Object.assign(document.createElement("p"), {
      className: "notice", textContent: (await ready).strings.offline,
    });
    notice.setAttribute("role", "status");
    document.body.append(notice);
  },
});
