// Form of a record: validation while typing, saving, and conflicts with other editors.

import { confirm } from "./actions.js";
import { Problem, send } from "./api.js";
import { conflictPanel } from "./difference.js";
import { isEqual, toPatch } from "./documents.js";
import { debounce, element, fill } from "./dom.js";
import { clearProblems, showProblem } from "./forms.js";
import { withoutNulls } from "./schema-form.js";

const TYPING_DELAY_MS = 600;

/** Target of a form that creates a record below `path`. */
export const creation = (path) => ({ method: "POST", path, body: withoutNulls });

/** Target of a form that changes a record; only fields that the editor has changed are sent. */
export const change = (path) => ({
  method: "PATCH", path, body: (document, initial) => toPatch(initial, document),
});

/**
 * Form of a record: an element with `hasChanges()` and `restart()`.
 *
 * `build(document, changed)` makes the controls, `{ element, read }`. `loaded`: the document, and its
 * `version` unless it is new. `load()` resolves to the newest of both. `onsave(data)` gets the response
 * of a save. `validates`: whether the endpoint has a dry run, which is used while the person types.
 * `tools(part)` makes controls that change the part of the controls which `part()` returns; they stay
 * when a save replaces that.
 *
 * Each form has a version of its own: two forms of one record, such as a mission and its crew, may
 * be based on different versions.
 */
export function recordForm({ desk, build, loaded, load = null, target, onsave, label, validates = true, tools = null }) {
  let version;
  let part;
  let initial;
  let validation = new AbortController();
  const fields = element("div", { tabindex: "-1" });
  const conflict = element("div");
  const button = element("button", { class: "primary" }, label);
  const toolbox = element("div", {}, tools?.(() => part));
  const validateLater = debounce(validate, TYPING_DELAY_MS);
  const form = element("form", { novalidate: true, onsubmit: submit, oninput: changed, onchange: changed },
    conflict, fields, toolbox, element("p", { class: "actions save" }, button));
  form.restart = () => showFields(loaded.document, loaded);
  form.hasChanges = () => !isEqual(initial, part.read());

  /** Show `document`, whose changes are those since `base`. */
  function showFields(document, base) {
    version = base.version;
    initial = build(base.document, changed).read();
    part = build(document, changed);
    const hadFocus = fields.contains(window.document.activeElement);
    fill(fields, part.element);
    if (hadFocus) fields.focus(); // the button cannot have it while it is disabled
  }

  const request = (query, signal) => send(target.method, target.path, {
    body: target.body(part.read(), initial),
    etag: version && `"${version}"`,
    query,
    signal,
  });

  function changed() {
    if (!validates) return;
    validation.abort();
    validateLater();
  }

  async function validate() {
    validation = new AbortController();
    const { signal } = validation;
    try {
      await request({ validate_only: true }, signal);
      clearProblems(form);
    } catch (problem) {
      if (signal.aborted || problem.name === "AbortError") return;
      if (!(problem instanceof Problem)) throw problem;
      if (problem.status !== 422) return; // shown when the form is saved
      const errors = (problem.errors ?? []).filter(({ code }) => code !== "missing");
      if (errors.length) showProblem(form, { ...problem, errors }, { focus: false });
      else clearProblems(form);
    }
  }

  async function submit(event) {
    event.preventDefault();
    validateLater.cancel();
    validation.abort();
    button.disabled = true;
    try {
      await save();
    } catch (problem) {
      if (problem.name === "AbortError") return; // another screen is shown
      if (!(problem instanceof Problem)) throw problem;
      showProblem(form, problem);
    } finally {
      button.disabled = false;
    }
  }

  async function save() {
    const sent = part.read();
    let response;
    try {
      response = await request({});
    } catch (problem) {
      if (problem.status !== 412 || !load) throw problem;
      await saveOver(await load());
      return;
    }
    clearProblems(form);
    initial = sent;
    version = response.data.version;
    if (load && form.isConnected) await refresh(sent);
    onsave(response.data);
  }

  /** Show what the service has made of a saved document; what was typed since stays. */
  async function refresh(sent) {
    let newest;
    try {
      newest = await load();
    } catch (problem) {
      if (problem instanceof Problem) return; // it is saved, and the form has its version
      throw problem;
    }
    showFields({ ...newest.document, ...toPatch(sent, part.read()) }, newest);
  }

  /** Go on from a newer version: save again if it has the same fields, else show the conflict. */
  async function saveOver(newest) {
    const theirs = build(newest.document, changed).read();
    if (isEqual(initial, theirs)) {
      version = newest.version;
      await save();
      return;
    }
    const panel = conflictPanel({
      desk,
      base: initial,
      theirs,
      mine: part.read(),
      onresolve: (merged) => {
        showFields(merged, newest);
        setDeciding(false);
        fill(conflict);
        button.focus();
        desk.announce(desk.text("conflict.merged"));
      },
    });
    fill(conflict, panel);
    setDeciding(true);
    panel.focus();
  }

  /** While the person decides on a conflict, the form below it cannot be changed or saved. */
  function setDeciding(isDeciding) {
    for (const place of [fields, toolbox, button.parentElement]) place.inert = isDeciding;
  }

  showFields(loaded.document, loaded);
  return form;
}

/** Ask before another screen replaces forms with changes. */
export function guardChanges(desk, forms) {
  const hasChanges = () => forms.some((form) => form.isConnected && form.hasChanges());
  desk.beforeLeave = Object.assign(async () => !hasChanges() || (await confirm(desk, "facts.leave")), { hasChanges });
}
