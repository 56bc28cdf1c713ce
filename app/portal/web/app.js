// Takes over from the server: follows links without loading pages anew, and keeps the page fresh.

import { LANG, ROOT, Problem, ask, get } from "./api.js";
import { enhanceCalendar } from "./calendar.js";
import { enhanceCountdowns } from "./countdown.js";
import { keepFresh } from "./fresh.js";
import { screenAt } from "./screens.js";
import { enhanceSearch } from "./search.js";
import { templates } from "./template.js";
import { enhanceTimeline } from "./timeline.js";
import { filters, links } from "./words.js";

const BASE = ROOT.pathname.replace(/\/$/, "");
const main = document.getElementById("main");
const live = document.getElementById("live");

// The one place where HTML is made of text; the policy forbids every other.
const html = globalThis.trustedTypes?.createPolicy("zarya", {
  createHTML: (text) => text,
  createScriptURL: (text) => text,
}) ?? { createHTML: (text) => text, createScriptURL: (text) => text };

const file = async (name) => (await fetch(new URL(name, import.meta.url))).json();
const ready = Promise.all([file("templates.json"), file(`strings/${LANG}.json`)]).then(
  ([sources, strings]) => ({ strings, words: filters(LANG, strings), sources }),
).then((parts) => ({ ...parts, fill: templates(parts.sources, parts.words) }));

const screenOf = (url) => screenAt(url.pathname.slice(BASE.length + 1), url.searchParams);

/** Whether a link leads to a screen that can be filled here: the language is the server's to change. */
const isOurs = (url) =>
  url.origin === location.origin && url.pathname.startsWith(`${BASE}/`)
  && url.searchParams.get("lang") === new URLSearchParams(location.search).get("lang")
  && screenOf(url) !== null;

/** The HTML of a screen. */
export async function rendered(url, options) {
  const screen = screenOf(url);
  const [{ strings, fill }, answers] = await Promise.all([ready, answered(screen, options)]);
  const kept = url.searchParams.get("lang");
  const names = {
    lang: LANG, t: strings, ...screen.shown, ...answers,
    ...links(BASE, kept, screen.place(answers)),
  };
  return fill(screen.template, names);
}

async function answered({ requests, optional }, options) {
  const found = await Promise.all(
    Object.entries(requests).map(async ([name, request]) => [name, await get(request, options)]),
  ).catch((problem) => {
    if (optional && problem instanceof Problem) return [];
    throw problem;
  });
  return Object.fromEntries(found);
}

export async function renderedProblem(problem, url) {
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

const addressOf = (url) => url.pathname + url.search;
let at = addressOf(location); // the screen that is shown, or on its way
let under; // the way to the screen that is being fetched, so that a newer one can call it off
let shown = main.innerHTML.trim(); // the screen as it was filled, here or by the server

/** Show the screen at `url`. `keep`: the reader stays where they are, at what has the id `keep`. */
async function show(url, { keep = "", signal } = {}) {
  main.setAttribute("aria-busy", "true");
  mark(url);
  at = addressOf(url);
  let filled;
  try {
    filled = await rendered(url, { signal });
  } catch (problem) {
    if (problem.name === "AbortError") return;
    if (!(problem instanceof Problem)) throw problem;
    filled = await renderedProblem(problem, url);
  }
  if (signal?.aborted) return;
  const { strings } = await ready;
  replace(filled);
  const heading = main.querySelector("h1");
  document.title = `${heading.textContent} – ${strings.name}`;
  foot(url);
  const kept = keep && main.querySelector(keep);
  if (kept) kept.focus({ preventScroll: true });
  else {
    scrollTo(0, 0);
    heading.focus({ preventScroll: true });
  }
  live.textContent = kept ? main.querySelector("#month, #news")?.textContent ?? "" : "";
}

function replace(filled) {
  main.innerHTML = html.createHTML(filled);
  shown = main.innerHTML.trim();
  main.removeAttribute("aria-busy");
  enhance();
}

function enhance() {
  enhanceCalendar(main, navigate);
  enhanceCountdowns(main, ready);
  enhanceSearch(main, ready, navigate, BASE);
  enhanceTimeline(main, ready, BASE);
}

/** Mark in the bar where we are, and let the language lead to the same screen. */
function mark(url) {
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

/** Say in the foot which requests this screen is made of. */
function foot(url) {
  const { requests, later } = screenOf(url) ?? { requests: {}, later: [] };
  const made = document.getElementById("made-of");
  const addresses = [...Object.values(requests), ...later].map((request) => {
    const link = document.createElement("a");
    link.href = BASE + request;
    link.append(Object.assign(document.createElement("code"), { textContent: `GET ${request}` }));
    return link;
  });
  made.hidden = addresses.length === 0;
  made.replaceChildren(made.firstChild.textContent, ...addresses.flatMap((link) => [link, " "]));
}

/** Go to another screen. */
export function navigate(address, options = {}) {
  const url = new URL(address, location.href);
  if (!isOurs(url)) {
    location.assign(url);
    return Promise.resolve();
  }
  history.replaceState({ ...history.state, top: scrollY }, "");
  history.pushState({}, "", url);
  return go(url, options);
}

function go(url, options) {
  under?.abort();
  under = new AbortController();
  return show(url, { ...options, signal: under.signal });
}

addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button !== 0 || link.target || link.download) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const url = new URL(link.href);
  if (!isOurs(url) || (url.hash && addressOf(url) === at)) return;
  event.preventDefault();
  const calendar = link.closest("[data-calendar]");
  navigate(url, { keep: !calendar ? "" : link.dataset.date ? "#news" : `#${link.id}` });
});

addEventListener("popstate", async (event) => {
  if (addressOf(location) === at) return; // a place within the screen
  await go(new URL(location.href), {});
  scrollTo(0, event.state?.top ?? 0);
});
history.scrollRestoration = "manual";

const theme = document.querySelector(".theme");
const dark = () =>
  (document.documentElement.dataset.theme
    || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
theme.hidden = false;
theme.setAttribute("aria-pressed", String(dark()));
theme.addEventListener("click", () => {
  document.documentElement.dataset.theme = dark() ? "light" : "dark";
  localStorage.setItem("theme", document.documentElement.dataset.theme);
  theme.setAttribute("aria-pressed", String(dark()));
});

const here = new URL(location.href);
mark(here);
enhance();
if (main.querySelector("[data-loading], [data-failed]")) go(here, {});

/** `filled` as a browser writes it, so that it can be compared. */
function written(filled) {
  const made = document.createElement("template");
  made.innerHTML = html.createHTML(filled);
  return made.innerHTML.trim();
}

/** Fetch the screen again; what is seen changes only where an answer has. */
async function refresh(options) {
  const url = new URL(location.href);
  if (!screenOf(url) || main.hasAttribute("aria-busy")) return;
  const filled = await rendered(url, options).catch(() => null);
  if (!filled || url.href !== location.href || main.hasAttribute("aria-busy")) return;
  if (written(filled) === shown || document.activeElement.matches("input")) return;
  const { id } = document.activeElement;
  replace(filled);
  if (id) document.getElementById(id)?.focus({ preventScroll: true });
  live.textContent = (await ready).strings.updated;
}

keepFresh({
  html,
  refresh,
  /** Have this screen and those that the bar leads to at hand. */
  async warm() {
    await refresh();
    for (const link of document.querySelectorAll(".bar nav a")) {
      const screen = screenOf(new URL(link.href));
      await Promise.all([answered(screen), ...screen.later.map((request) => ask(request))])
        .catch(() => null);
    }
  },
  /** Say that there is no connection for as long as that is so. */
  async tell(isOffline) {
    document.querySelector(".notice")?.remove();
    if (!isOffline) return;
    const notice = Object.assign(document.createElement("p"), {
      className: "notice", textContent: (await ready).strings.offline,
    });
    notice.setAttribute("role", "status");
    document.body.append(notice);
  },
});
