// Article: all fields with a live preview, autosave of drafts, conflicts, and the actions of its state.

import { Problem, send } from "../api.js";
import { EMPTY, isComplete, merge, titlesOf, toDocument, toPatch } from "../article/document.js";
import { articleForm } from "../article/form.js";
import { articleActions } from "../article/actions.js";
import { livePreview } from "../article/markdown.js";
import { findWrittenImage, originalPanel } from "../article/original.js";
import { clockText, momentText } from "../dates.js";
import { conflictPanel } from "../difference.js";
import { ask, debounce, element, fill } from "../dom.js";
import { clearProblems, showProblem } from "../forms.js";

const AUTOSAVE_MS = 4000;
const POLL_MS = 15000;
const PRIVATE_STATUSES = ["draft", "unpublished"];

const isEqual = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export async function show(main, [slug], desk) {
  const { text } = desk;
  const originalSlug = desk.query.get("translation_of");
  const storeName = `desk-new:${originalSlug ?? ""}`;
  let creation = { content: null, key: null }; // the key stays the same as long as the content does
  let article = null; // as the server has it; null before the creation
  let base = EMPTY; // its document
  let etag = null;
  let saving = null;
  let isInConflict = false;

  const preview = livePreview({ desk });
  const form = articleForm({ desk, onchange });
  const heading = element("h1", {});
  const status = element("p", { class: "state", role: "status" });
  const notice = element("div", { "aria-live": "polite" });
  const conflict = element("div", {});
  const beside = element("div", {});
  const autosave = debounce(() => { if (mayAutosave() && isDirty()) save({ isAutomatic: true }); }, AUTOSAVE_MS);
  const actions = articleActions({ desk, state: { get article() { return article; }, get document() { return form.read(); } }, save, act, remove });

  if (slug === "new") await startNew();
  else await adopt(await send("GET", `articles/${slug}/preview`, { signal: desk.signal }));
  fill(main, heading, status, notice, conflict,
    element("div", { class: "editing" }, form.element, element("div", {}, beside, preview.element)), actions.element);
  if (!article) preview.update(form.read());
  updateState();
  desk.beforeLeave = Object.assign(beforeLeave, { hasChanges: isDirty });
  main.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      event.preventDefault();
      save();
    }
  });
  form.element.addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });
  const polling = setInterval(lookForOthers, POLL_MS);
  desk.signal.addEventListener("abort", () => {
    clearInterval(polling);
    autosave.cancel();
  });

  async function startNew() {
    const stored = sessionStorage.getItem(storeName);
    let written = EMPTY;
    let titles = {};
    let image = null;
    if (originalSlug) {
      const { data } = await send("GET", `articles/${originalSlug}/preview`, { signal: desk.signal });
      const { missions, people, launches, tags, source } = toDocument(data);
      const language = data.language === "en" ? "ru" : "en";
      written = { ...EMPTY, missions, people, launches, tags, source, language, translation_of: originalSlug };
      written.image = await findWrittenImage(data, desk.signal).catch(() => null);
      image = data.image;
      titles = titlesOf(data);
      fill(beside, originalPanel(desk, data));
    }
    form.write(written, titles, image);
    if (stored) {
      form.write({ ...written, ...JSON.parse(stored) });
      fill(notice, element("p", {}, text("article.restored")));
    }
  }

  function onchange() {
    preview.update(form.read());
    actions.update();
    if (!article) sessionStorage.setItem(storeName, JSON.stringify(form.read()));
    showState(isDirty() ? "article.unsaved" : "article.unchanged");
    autosave();
  }

  function isDirty() {
    return Object.keys(toPatch(base, form.read())).length > 0;
  }

  function mayAutosave() {
    const isPrivate = !article || PRIVATE_STATUSES.includes(article.status);
    return isPrivate && !isInConflict && actions.mayEdit() && isComplete(form.read());
  }

  /** Show the article of a response. Fields that were edited after `sent` was sent stay as they are. */
  async function adopt({ data, etag: newEtag }, sent = null) {
    [article, etag, base] = [data, newEtag, toDocument(data)];
    if (!sent) {
      form.write(base, titlesOf(data));
    } else {
      const typed = form.read();
      const edited = Object.keys(base).filter((name) => !isEqual(typed[name], sent[name]));
      form.write({ ...base, ...Object.fromEntries(edited.map((name) => [name, typed[name]])) }, titlesOf(data));
    }
    if (form.read().body === base.body) preview.update(form.read(), data.body_html);
    sessionStorage.removeItem(storeName);
    updateState();
  }

  function updateState() {
    fill(heading, article ? article.title : text(originalSlug ? "article.new_translation" : "article.new"));
    if (article) heading.lang = article.language;
    desk.setTitle(heading.textContent);
    showState(article ? "article.unchanged" : "article.not_saved");
    actions.update();
    for (const control of form.element.elements) control.disabled = !actions.mayEdit();
  }

  function showState(key) {
    const at = article && article.status === "scheduled" && text("article.public_at", { at: momentText(article.published_at) });
    const parts = [
      article && text(`status.${article.status}`), at,
      article && text("article.version", { version: article.version }),
      text(key, { at: clockText(new Date()) }),
      article && !actions.mayEdit() && text("article.read_only"),
    ];
    fill(status, parts.filter(Boolean).map((part) => element("span", {}, part)));
  }

  /** Save what has changed. Resolves to true if the server has all of it. */
  async function save({ isAutomatic = false } = {}) {
    autosave.cancel();
    if (saving) await saving;
    if (isInConflict) return false;
    if (article && !isDirty()) return true;
    saving = write(isAutomatic).finally(() => { saving = null; });
    return saving;
  }

  async function write(isAutomatic) {
    const sent = form.read();
    const body = toPatch(base, sent);
    if (!article) {
      body.language = sent.language;
      const content = JSON.stringify(body);
      if (content !== creation.content) creation = { content, key: newKey() };
    }
    showState("article.saving");
    try {
      const answer = article
        ? await send("PATCH", `articles/${article.slug}`, { body, etag })
        : await send("POST", "articles", { body, key: creation.key });
      clearProblems(form.element);
      await adopt(answer, sent);
    } catch (problem) {
      showState("article.unsaved");
      return fail(problem, () => write(isAutomatic), !isAutomatic);
    }
    if (desk.signal.aborted) return true;
    desk.readdress(`#/articles/${article.slug}`);
    showState("article.saved_at");
    if (!isAutomatic) desk.announce(text("article.saved"));
    return true;
  }

  /** Show a problem; one of another's version is merged, and then `again` is done. */
  async function fail(problem, again, focus = true) {
    if (problem.name === "AbortError") return false;
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 412) return (await mergeTheirs()) && again();
    showProblem(form.element, { ...problem, detail: problem.detail || text("no_connection") }, { focus });
    return false;
  }

  /** Merge the version that another has saved. True if no field was changed by both. */
  async function mergeTheirs() {
    const answer = await send("GET", `articles/${article.slug}/preview`);
    const theirs = toDocument(answer.data);
    const mine = form.read();
    const { merged, conflicts } = merge(base, theirs, mine);
    const accept = (document) => {
      [article, etag, base] = [answer.data, answer.etag, theirs];
      form.write(document, titlesOf(answer.data));
      fill(notice);
      updateState();
      onchange();
    };
    if (!conflicts) {
      accept(merged);
      desk.announce(text("article.merged"));
      return true;
    }
    isInConflict = true;
    form.element.inert = true;
    const panel = conflictPanel({ desk, base, theirs, mine, onresolve: (chosen) => {
      isInConflict = false;
      form.element.inert = false;
      fill(conflict);
      accept(chosen);
      return save();
    } });
    fill(conflict, panel);
    panel.focus();
    actions.update();
    return false;
  }

  /** Look whether another has saved a newer version. */
  async function lookForOthers() {
    if (!article || saving || isInConflict || document.hidden) return;
    const known = article.version;
    const { data } = await send("GET", `articles/${article.slug}/preview`, { query: { fields: ["version"] }, signal: desk.signal }).catch(() => ({}));
    if (!data || data.version <= known || article.version !== known || notice.childElementCount > 0) return;
    const { data: revisions } = await send("GET", `articles/${article.slug}/revisions`, { query: { limit: 1 }, signal: desk.signal }).catch(() => ({ data: { items: [] } }));
    const name = revisions.items[0]?.actor?.name ?? text("article.somebody");
    fill(notice, element("p", { class: "notice-inline" }, text("article.newer", { name, version: data.version }), " ",
      element("button", { type: "button", onclick: mergeTheirs }, text("article.take_over"))));
  }

  /** Publish, unpublish or restore what is shown. */
  async function act(action) {
    if (!(await save())) return false;
    try {
      await adopt(await send("POST", `articles/${article.slug}/${action}`, { etag }), form.read());
    } catch (problem) {
      return fail(problem, () => act(action));
    }
    desk.announce(text(`article.done.${article.status}`, { at: momentText(article.published_at) }));
    return true;
  }

  async function remove() {
    try {
      await send("DELETE", `articles/${article.slug}`, { etag });
    } catch (problem) {
      await fail(problem, remove);
      return;
    }
    base = form.read();
    desk.announce(text("article.done.deleted"));
    desk.go("#/inbox");
  }

  async function beforeLeave() {
    autosave.cancel();
    if (!isDirty()) return true;
    if (mayAutosave() && (await save({ isAutomatic: true }))) return true;
    const answer = await ask({
      title: text("article.leave"),
      buttons: [
        { value: "", label: text("article.stay"), kind: "primary" },
        { value: "leave", label: text("article.discard"), kind: "danger" },
      ],
    });
    if (answer === "leave") sessionStorage.removeItem(storeName);
    return answer === "leave";
  }
}
