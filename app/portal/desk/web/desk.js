// Start of the desk: session, routes by the fragment of the URL, the frame around the screens.

import { LANG, Problem, TIME_ZONE, findSession, signIn, signOut, state } from "./api.js";
import { ask, element, fill, openDialog } from "./dom.js";
import { clearProblems, field, showProblem } from "./forms.js";
import { FACTS } from "./record-types.js";
import { enhanceThemeButton } from "./portal/theme-button.js";

/** Screens of the navigation: the scopes of which a key needs one; none means any key. */
const SCREENS = {
  inbox: ["articles:write", "articles:draft", "drafts:read"],
  calendar: ["articles:write", "articles:draft", "drafts:read"],
  facts: Object.values(FACTS).map(({ scope }) => scope),
  trash: [...Object.values(FACTS).map(({ scope }) => scope), "articles:write", "media:write", "audit:read"],
  sources: ["sources:write"],
  webhooks: ["webhooks:write"],
  keys: ["keys:admin"],
};
/** Screens that are reached from others. */
const INNER_SCREENS = ["articles", "history"];

const allowedScreens = () => Object.keys(SCREENS).filter((name) => desk.can(...SCREENS[name]));
/** The screen after signing in; a key that may do nothing sees the refusal of the inbox. */
const firstScreen = () => allowedScreens()[0] ?? "inbox";

const main = document.getElementById("main");
const live = document.getElementById("live");
const navigation = document.querySelector(".bar nav");
const account = document.querySelector(".account");
const language = document.querySelector(".language");
const strings = await (await fetch(new URL(`strings/${LANG}.json`, import.meta.url))).json();
const openIdUrl = document.documentElement.dataset.openid; // empty if the operator has none
const plural = new Intl.PluralRules(LANG);

/** A text of the interface with its values. */
function text(key, values = {}) {
  return (strings[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

const desk = {
  text,
  /** A number with its noun in the right plural form; `key.one`, `key.other` … are the texts. */
  counted: (n, key) => text(strings[`${key}.${plural.select(n)}`] ? `${key}.${plural.select(n)}` : `${key}.other`, { n }),
  timeZone: TIME_ZONE,
  /** Announce a text to screen readers, and show it for a moment. */
  announce(message) {
    live.textContent = "";
    requestAnimationFrame(() => { live.textContent = message; });
  },
  get session() { return state.session; },
  /** Whether the key has one of the scopes. */
  can: (...scopes) => scopes.length === 0 || scopes.some((scope) => state.session?.scopes.includes(scope)),
  go: (hash) => { location.hash = hash; },
  /** Replace the address of the screen without showing it again, as when a record gets its slug. */
  readdress(hash) {
    history.replaceState(null, "", hash);
    shownHash = location.hash;
    updateFrame();
  },
  setTitle(title) { document.title = `${title} – ${text("desk")}`; },
  /** Asked before another screen is shown: false keeps this one. */
  beforeLeave: null,
  /** Parameters behind `?` in the fragment. */
  query: new URLSearchParams(),
  signal: null,
};

let shownHash = null;
let controller = new AbortController();

/** Show the screen of the URL. */
async function show() {
  const wanted = location.hash;
  if (wanted === shownHash) return;
  if (desk.beforeLeave && !(await desk.beforeLeave())) {
    history.pushState(null, "", shownHash);
    return;
  }
  if (location.hash !== wanted) history.replaceState(null, "", wanted); // a record that was saved
  await render();
}

/** Decoded part of a path; unchanged if it is malformed. */
function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

async function render() {
  controller.abort();
  controller = new AbortController();
  const { signal } = controller;
  Object.assign(desk, { beforeLeave: null, signal });
  shownHash = location.hash;
  updateFrame();
  const [path, query = ""] = shownHash.replace(/^#\/?/, "").split("?");
  desk.query = new URLSearchParams(query);
  const [name, ...parameters] = path.split("/").map(decode);
  const screen = name || firstScreen();
  const place = element("div", { class: "screen" });
  main.setAttribute("aria-busy", "true");
  try {
    if (!Object.hasOwn(SCREENS, screen) && !INNER_SCREENS.includes(screen)) throw new Problem({ status: 404, detail: text("no_screen") });
    const { show: showScreen } = await import(`./screens/${screen}.js`);
    await showScreen(place, parameters, desk);
  } catch (problem) {
    if (problem.name === "AbortError" || signal.aborted) return;
    const isDefect = !(problem instanceof Problem);
    if (isDefect) console.error(problem);
    const detail = isDefect ? text("defect", { message: problem.message }) : problem.detail || text("no_connection");
    fill(place, element("h1", {}, problem.title ?? text("problem")), element("p", { role: "alert" }, detail),
      element("p", {}, element("button", { type: "button", onclick: render }, text("again"))));
  }
  if (signal.aborted) return;
  main.replaceChildren(place);
  main.removeAttribute("aria-busy");
  const heading = place.querySelector("h1");
  desk.setTitle(heading.textContent);
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  scrollTo(0, 0);
}

/** Navigation by what the scopes allow, the person, and the link to the other language. */
function updateFrame() {
  const here = shownHash?.split(/[/?]/)[1] || firstScreen();
  const names = state.session ? allowedScreens() : [];
  fill(navigation, names.map((name) =>
    element("a", { href: `#/${name}`, "aria-current": name === here && "page" }, text(`${name}.title`))));
  fill(account, state.session && [
    element("span", {}, state.session.name), " ",
    element("button", { type: "button", class: "plain", onclick: signOutAndAskAgain }, text("sign_out")),
  ]);
  language.href = `?lang=${language.hreflang}${location.hash}`;
}

async function signOutAndAskAgain() {
  if (desk.beforeLeave && !(await desk.beforeLeave())) return;
  try {
    await signOut();
  } catch (problem) {
    await ask({ title: text("not_signed_out"), text: problem.detail || text("no_connection"), buttons: [{ value: "", label: text("close") }] });
    return;
  }
  controller.abort();
  desk.beforeLeave = null;
  fill(main);
  updateFrame();
  await renew();
  await render();
}

let renewal = null;

/** Sign in, in a dialog over the screen, whose input stays. Concurrent calls share the dialog. */
function renew() {
  renewal ??= new Promise(askForKey).finally(() => { renewal = null; });
  return renewal;
}

function askForKey(resolve) {
  state.session = null;
  const key = element("input", { type: "password", name: "key", autocomplete: "current-password", required: true, autofocus: true, spellcheck: "false" });
  const button = element("button", { class: "primary" }, text("sign_in"));
  const form = element("form", { novalidate: true, onsubmit: async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await signIn(key.value.trim());
      dialog.close();
    } catch (problem) {
      showProblem(form, problemOfKey(problem));
    } finally {
      button.disabled = false;
    }
  } },
    main.querySelector(".screen") && element("p", {}, text("session_ended")),
    field({ label: text("key"), hint: text("key.hint"), pointer: "/key", control: key }),
    element("p", { class: "actions" }, button,
      openIdUrl && element("a", { class: "button", href: openIdUrl }, text("sign_in_openid"))));
  key.addEventListener("input", () => clearProblems(form));
  const dialog = openDialog({ title: text("sign_in"), level: "h1", content: form, onclose: () => {
    if (!state.session) {
      askForKey(resolve); // Escape does not sign in
      return;
    }
    updateFrame();
    desk.announce(text("signed_in", { name: state.session.name }));
    resolve(state.session);
  } });
}

/** A problem of signing in, shown at the field of the key. */
function problemOfKey({ status, title, detail, errors }) {
  if (!status) return { detail: text("no_connection") };
  return { detail: title, errors: errors?.length ? errors : [{ pointer: "/key", detail }] };
}

/** Show the keyboard shortcuts. */
function showShortcuts() {
  const shortcuts = Object.keys(strings).filter((name) => name.startsWith("shortcut."));
  return ask({
    title: text("shortcuts"),
    content: element("dl", { class: "shortcuts" }, shortcuts.map((name) => {
      const [keys, meaning] = strings[name].split(" – ");
      return [element("dt", {}, element("kbd", {}, keys)), element("dd", {}, meaning)];
    })),
    buttons: [{ value: "close", label: text("close") }],
  });
}

Object.assign(state, { renew, onchange: updateFrame });
enhanceThemeButton();
addEventListener("hashchange", show);
addEventListener("beforeunload", (event) => { if (desk.beforeLeave?.hasChanges?.()) event.preventDefault(); });
addEventListener("keydown", (event) => {
  if (event.key === "F1") {
    event.preventDefault();
    showShortcuts();
  }
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the fragment is the screen
  main.focus();
});
if (!(await findSession())) await renew();
await render();
