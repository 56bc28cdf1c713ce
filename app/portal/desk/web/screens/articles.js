// Article: all fields with a live preview, autosave of drafts, conflicts, and the actions of its state.

import { Problem, send } from "../api.js";
import { articleButtons } from "../article/buttons.js";
import { EMPTY, isComplete, titlesOf, toDocument } from "../article/document.js";
import { articleForm } from "../article/form.js";
import { livePreview } from "../article/markdown.js";
import { findWrittenImage, originalPanel } from "../article/original.js";
import { EditedArticle } from "../article/saving.js";
import { clockText, momentText } from "../dates.js";
import { conflictPanel } from "../difference.js";
import { ask, debounce, element, fill } from "../dom.js";
import { clearProblems, showProblem } from "../forms.js";

const AUTOSAVE_MS = 4000;
const POLL_MS = 15000;
const MAX_IDLE_MS = 600000; // without input, polling would keep the session alive
const PRIVATE_STATUSES = ["draft", "unpublished"];

export async function show(main, [slug], desk) {
  const { text } = desk;
  const originalSlug = desk.query.get("translation_of");
  const store = storeOf(originalSlug);
  const preview = livePreview({ desk });
  const form = articleForm({ desk, onchange });
  const edited = new EditedArticle(form, { onupdate, onconflict, mayAutosave });
  const buttons = articleButtons({ desk, edited, form, save, act, remove, run, showOriginal });
  const heading = element("h1", {});
  const status = element("p", { class: "state", role: "status" });
  const notice = element("div", { "aria-live": "polite" });
  const conflict = element("div", {});
  const beside = element("div", {});
  const autosave = debounce(() => { if (edited.isDirty && mayAutosave()) save({ isAutomatic: true }); }, AUTOSAVE_MS);
  let usedAt = Date.now();
  let noticed = null; // version that the notice is about

  if (slug === "new") await startNew();
  else edited.open(await send("GET", `articles/${slug}/preview`, { signal: desk.signal }));
  fill(main, heading, status, buttons.more, notice, conflict,
    element("div", { class: "editing" }, form.element, element("div", {}, beside, preview.element)), buttons.bar);
  desk.beforeLeave = Object.assign(beforeLeave, { hasChanges: () => edited.isDirty });
  main.addEventListener("keydown", (event) => {
    usedAt = Date.now();
    if ((event.ctrlKey || event.metaKey) && event.code === "KeyS") {
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
    let written = EMPTY;
    let titles = {};
    let image = null;
    if (originalSlug) {
      const { data } = await send("GET", `articles/${originalSlug}/preview`, { signal: desk.signal });
      const { missions, people, launches, tags, source } = toDocument(data);
      written = { ...EMPTY, missions, people, launches, tags, source, translation_of: originalSlug, language: data.language === "en" ? "ru" : "en" };
      written.image = await findWrittenImage(data, desk.signal).catch(() => null);
      image = data.image;
      titles = titlesOf(data);
      showOriginal(data);
    }
    form.write(written, titles, image);
    const stored = store.read();
    if (stored) {
      form.write({ ...written, ...stored });
      fill(notice, element("p", {}, text("article.restored")));
    }
    preview.update(form.read());
    updateState();
  }

  function showOriginal(article) {
    const panel = originalPanel(desk, article);
    fill(beside, panel);
    panel.scrollIntoView({ block: "nearest" });
  }

  function onchange() {
    usedAt = Date.now();
    preview.update(form.read());
    buttons.update();
    if (!edited.article) store.write(form.read());
    showState(edited.isDirty ? "article.unsaved" : "article.unchanged");
    autosave();
  }

  function mayAutosave() {
    const { article } = edited;
    const isPrivate = !article || PRIVATE_STATUSES.includes(article.status);
    return isPrivate && !edited.isInConflict && buttons.mayEdit() && isComplete(form.read());
  }

  function onupdate() {
    const document = form.read();
    const { article } = edited;
    preview.update(document, document.body === article.body ? article.body_html : null);
    fill(notice);
    noticed = null;
    updateState();
  }

  function updateState() {
    const { article } = edited;
    fill(heading, article ? article.title : text(originalSlug ? "article.new_translation" : "article.new"));
    if (article) heading.lang = article.language;
    desk.setTitle(heading.textContent);
    showState(!article ? "article.not_saved" : edited.isDirty ? "article.unsaved" : "article.unchanged");
    buttons.update();
    for (const control of form.element.elements) control.disabled = !buttons.mayEdit();
  }

  function showState(key) {
    const { article } = edited;
    const parts = [
      article && text(`status.${article.status}`),
      article?.status === "scheduled" && text("article.public_at", { at: momentText(article.published_at) }),
      article && text("article.version", { version: article.version }),
      text(key, { at: clockText(new Date()) }),
      article && !buttons.mayEdit() && text("article.read_only"),
    ];
    fill(status, parts.filter(Boolean).map((part) => element("span", {}, part)));
  }

  /** Run an action of the edited article; its problem is shown at the fields. Null if there was one. */
  async function run(action, { focus = true } = {}) {
    try {
      return await action();
    } catch (problem) {
      if (problem.name === "AbortError") return null;
      if (!(problem instanceof Problem)) throw problem;
      showProblem(form.element, { ...problem, detail: problem.detail || text("no_connection") }, { focus });
      return null;
    }
  }

  async function save({ isAutomatic = false } = {}) {
    autosave.cancel();
    const wasNew = !edited.article;
    showState("article.saving");
    const isSaved = await run(() => edited.save({ isAutomatic }), { focus: !isAutomatic });
    if (!isSaved) {
      if (!edited.isInConflict) showState("article.unsaved");
      return false;
    }
    clearProblems(form.element);
    if (wasNew) store.remove();
    if (!desk.signal.aborted) desk.readdress(`#/articles/${edited.article.slug}`);
    showState(edited.isDirty ? "article.unsaved" : "article.saved_at");
    if (edited.hasMerged) fill(notice, element("p", { class: "notice-inline" }, text("article.merged")));
    else if (!isAutomatic) desk.announce(text("article.saved"));
    return true;
  }

  /** Publish, unpublish or restore; after a merge the person looks at the result first. */
  async function act(action) {
    if (!(await save())) return;
    const isDone = await run(() => edited.act(action));
    const { article } = edited;
    if (isDone) desk.announce(text(`article.done.${article.status}`, { at: momentText(article.published_at) }));
    else if (isDone === false) announceMerge();
  }

  async function remove() {
    const isDone = await run(() => edited.remove());
    if (isDone) {
      desk.announce(text("article.done.deleted"));
      desk.go("#/inbox");
    } else if (isDone === false) {
      announceMerge();
    }
  }

  /** Say that another has saved, so that the person looks at the result before the next attempt. */
  function announceMerge() {
    if (edited.isInConflict) return; // the panel says it
    fill(notice, element("p", { class: "notice-inline" }, text("article.merged_look")));
    desk.announce(text("article.merged_look"));
  }

  function onconflict({ base, theirs, mine, resolve }) {
    form.element.inert = true;
    const panel = conflictPanel({ desk, base, theirs, mine, onresolve: (chosen) => {
      form.element.inert = false;
      fill(conflict);
      resolve(chosen);
      return save();
    } });
    fill(conflict, panel);
    panel.focus();
  }

  /** Look whether another has saved a newer version. */
  async function lookForOthers() {
    if (document.hidden || Date.now() - usedAt > MAX_IDLE_MS) return;
    const newer = await edited.findNewer(desk.signal).catch(() => null); // the next time
    if (!newer || newer.version === noticed) return;
    noticed = newer.version;
    const name = newer.name ?? text("article.somebody");
    fill(notice, element("p", { class: "notice-inline" }, text("article.newer", { name, version: newer.version }), " ",
      element("button", { type: "button", onclick: () => run(() => edited.mergeTheirs()) }, text("article.take_over"))));
  }

  async function beforeLeave() {
    autosave.cancel();
    if (!edited.isDirty) return true;
    if (mayAutosave() && (await save({ isAutomatic: true }))) return true;
    const answer = await ask({
      title: text("article.leave"),
      buttons: [
        { value: "", label: text("article.stay"), kind: "primary" },
        { value: "leave", label: text("article.discard"), kind: "danger" },
      ],
    });
    if (answer === "leave") store.remove();
    return answer === "leave";
  }
}

/** Store of the text of a new article, for a reload of the page before it is saved. */
function storeOf(originalSlug) {
  const name = `desk-new:${originalSlug ?? ""}`;
  return {
    read: () => JSON.parse(sessionStorage.getItem(name)),
    write: (document) => sessionStorage.setItem(name, JSON.stringify(document)),
    remove: () => sessionStorage.removeItem(name),
  };
}
