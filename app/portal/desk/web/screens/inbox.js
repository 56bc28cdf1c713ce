// Inbox: articles that are not public, with filters, and actions on several at once.

import { cursorOf, send } from "../api.js";
import { momentText } from "../dates.js";
import { ask, debounce, element, fill } from "../dom.js";
import { field, picker } from "../forms.js";

const PAGE_ITEMS = 50;
const SEARCH_MS = 300;
const FILTERS = ["status", "imported", "language", "source", "mission", "q"];
const STATUSES = ["draft", "scheduled", "unpublished"];

export async function show(main, _parameters, desk) {
  const { text } = desk;
  const mayPublish = desk.can("articles:write");
  const filters = Object.fromEntries(FILTERS.map((name) => [name, desk.query.get(name) ?? ""]));
  const selected = new Set(); // slugs
  let cursor = desk.query.get("cursor");
  let items = [];
  let lastToggled = null;
  let controller = new AbortController();
  desk.signal.addEventListener("abort", () => controller.abort());

  const list = element("ul", { class: "articles" });
  const pager = element("nav", { class: "actions", "aria-label": text("pages") });
  const all = element("input", { type: "checkbox", onchange: () => {
    for (const box of boxes()) setChecked(box, all.checked);
    updateSelection();
  } });
  const count = element("span", { class: "quiet" });
  const buttons = [
    element("button", { type: "button", class: "primary", onclick: publish }, text("inbox.publish")),
    element("button", { type: "button", onclick: tag }, text("inbox.tag")),
    element("button", { type: "button", class: "danger", onclick: reject }, text("inbox.reject")),
  ];
  const bulk = element("div", { class: "bulk actions", role: "group", "aria-label": text("inbox.selected_actions") },
    element("label", {}, all, " ", text("inbox.select_all")), count, buttons);

  fill(main,
    element("div", { class: "title" },
      element("h1", {}, text("inbox.title")),
      desk.can("articles:write", "articles:draft") && element("a", { class: "button primary", href: "#/articles/new" }, text("article.new"))),
    filterForm(), mayPublish && bulk, list, pager);
  await load();

  function filterForm() {
    const change = (name) => (value) => {
      filters[name] = value;
      cursor = null;
      return load();
    };
    const select = (name, values) => element("select", { onchange: ({ target }) => change(name)(target.value) },
      values.map((value) => element("option", { value, selected: value === filters[name] }, text(`inbox.${name}.${value || "any"}`))));
    const input = (name, type) => {
      const typed = debounce(() => change(name)(control.value.trim()), SEARCH_MS);
      const control = element("input", { type, value: filters[name], oninput: typed });
      return control;
    };
    const mission = picker({ type: "mission", value: filters.mission, onchange: change("mission") });
    return element("form", { class: "card fields", role: "search", onsubmit: (event) => event.preventDefault() },
      field({ label: text("inbox.q"), control: input("q", "search") }),
      field({ label: text("inbox.status"), control: select("status", ["", ...STATUSES]) }),
      field({ label: text("inbox.imported"), control: select("imported", ["", "true", "false"]) }),
      field({ label: text("field.language"), control: select("language", ["", "en", "ru"]) }),
      field({ label: text("field.source"), control: input("source", "text") }),
      field({ label: text("inbox.mission"), control: mission }));
  }

  async function load() {
    const query = Object.fromEntries(Object.entries({ ...filters, cursor }).filter(([, value]) => value));
    desk.readdress(`#/inbox${Object.keys(query).length ? `?${new URLSearchParams(query)}` : ""}`);
    selected.clear();
    const status = filters.status || STATUSES;
    controller.abort(); // of a slower response to other filters
    controller = new AbortController();
    let page;
    try {
      ({ data: page } = await send("GET", "drafts", { query: { ...query, status, limit: PAGE_ITEMS, with_total: true }, signal: controller.signal }));
    } catch (problem) {
      if (problem.name === "AbortError") return;
      if (!list.isConnected) throw problem;
      fill(list, element("li", { role: "alert" }, problem.detail || text("no_connection")));
      return;
    }
    items = page.items;
    fill(list, items.map(row));
    if (items.length === 0) fill(list, element("li", { class: "empty" }, text("inbox.empty")));
    const turn = (url, label) => url && element("button", { type: "button", onclick: () => {
      cursor = cursorOf(url);
      return load();
    } }, text(label));
    fill(pager, turn(page.prev, "previous_page"), turn(page.next, "next_page"));
    updateSelection();
    if (list.isConnected) desk.announce(desk.counted(page.total, "inbox.found"));
  }

  function row(article) {
    const { slug, title, lead, language, status, source } = article;
    const when = status === "scheduled" ? text("inbox.scheduled_for", { at: momentText(article.published_at) })
      : text("inbox.updated", { at: momentText(article.updated_at) });
    const box = element("input", { type: "checkbox", value: slug, "aria-label": text("inbox.select", { title }), onclick: (event) => {
      if (event.shiftKey && lastToggled) toggleRange(lastToggled, box);
      lastToggled = box;
      setChecked(box, box.checked);
      updateSelection();
    } });
    return element("li", { "data-slug": slug },
      mayPublish && box,
      element("div", {},
        element("h2", { lang: language }, element("a", { href: `#/articles/${slug}` }, title)),
        element("p", { lang: language }, lead),
        element("p", { class: "quiet parts" },
          [text(`status.${status}`), source.name, language, when, article.tags.join(", ")].filter(Boolean).map((part) => element("span", {}, part))),
        element("p", { class: "result" })));
  }

  function boxes() {
    return [...list.querySelectorAll("input[type=checkbox]:not(:disabled)")];
  }

  function setChecked(box, isChecked) {
    box.checked = isChecked;
    if (isChecked) selected.add(box.value);
    else selected.delete(box.value);
  }

  function toggleRange(from, to) {
    const shown = boxes();
    const [start, end] = [shown.indexOf(from), shown.indexOf(to)].sort((a, b) => a - b);
    for (const box of shown.slice(Math.max(start, 0), end + 1)) setChecked(box, to.checked);
  }

  function updateSelection() {
    const shown = boxes();
    all.checked = shown.length > 0 && selected.size === shown.length;
    all.indeterminate = selected.size > 0 && !all.checked;
    count.textContent = desk.counted(selected.size, "inbox.selected");
    for (const button of buttons) button.disabled = selected.size === 0;
  }

  async function isConfirmed(action, kind) {
    const answer = await ask({
      title: desk.counted(selected.size, `inbox.${action}_question`),
      buttons: [{ value: "yes", label: text(`inbox.${action}`), kind }, { value: "", label: text("cancel") }],
    });
    return answer === "yes";
  }

  /** The selected articles in the versions that are shown: newer ones are refused. */
  const shownVersions = () => items.filter(({ slug }) => selected.has(slug)).map(({ slug, version }) => ({ slug, etag: `"${version}"` }));

  async function publish() {
    if (await isConfirmed("publish", "primary")) await run({ publish: shownVersions() });
  }

  async function reject() {
    if (await isConfirmed("reject", "danger")) await run({ delete: shownVersions() });
  }

  async function tag() {
    const [add, remove] = ["", ""].map((value) => element("input", { type: "text", value, autocomplete: "off" }));
    const tags = ({ value }) => value.split(/[\s,]+/).filter(Boolean);
    const answer = await ask({
      title: text("inbox.tag"),
      content: [field({ label: text("inbox.add_tags"), hint: text("inbox.tags_hint"), control: add }), field({ label: text("inbox.remove_tags"), control: remove })],
      buttons: [{ value: "yes", label: text("inbox.tag"), kind: "primary" }, { value: "", label: text("cancel") }],
    });
    if (answer === "yes") await run({ tag: { articles: [...selected], add: tags(add), remove: tags(remove) } });
  }

  /** Send a batch, and show the result of each of its items in its row. */
  async function run(batch) {
    let results;
    try {
      ({ data: { items: results } } = await send("POST", "articles/batch", { body: batch }));
    } catch (problem) {
      await ask({ title: problem.title ?? text("problem"), text: [problem.detail || text("no_connection"), ...(problem.errors ?? []).map(({ detail }) => detail)].join(" "), buttons: [{ value: "", label: text("close") }] });
      return;
    }
    let refused = 0;
    for (const { action, slug, status, version, problem } of results) {
      const isDone = status < 300;
      refused += isDone ? 0 : 1;
      const shown = list.querySelector(`[data-slug="${CSS.escape(slug)}"]`);
      if (!shown) continue; // the list was loaded again
      const box = shown.querySelector("input");
      if (isDone) items.find((item) => item.slug === slug).version = version;
      fill(shown.querySelector(".result"), isDone ? text(`inbox.done.${action}`) : problem.detail);
      shown.dataset.result = isDone ? "done" : "refused";
      if (isDone) setChecked(box, false);
      if (isDone && action !== "tag") box.disabled = true;
    }
    updateSelection();
    desk.announce(text("inbox.results", { done: results.length - refused, refused }));
    const reload = element("button", { type: "button", onclick: load }, text("inbox.reload"));
    fill(pager, reload);
    reload.focus();
  }
}
