// Form of a record: validation while typing, saving, and conflicts with other editors.

import { confirm } from "./actions.js";
import { Problem, send } from "./api.js";
import { changedFields, conflictPanel } from "./difference.js";
import { debounce, element, fill } from "./dom.js";
import { clearProblems, showProblem } from "./forms.js";
import { withoutNulls } from "./schema-form.js";

const TYPING_DELAY_MS = 600;

/** Target of a form that creates a record below `path`. */
export const creation = (path) => ({ method: "POST", path, body: withoutNulls });

/** Target of a form that changes a record; only fields that the editor has changed are sent. */
export const change = (path) => ({
  method: "PATCH", path, body: (document, initial) => changesOf(initial, document),
});

/** The fields of `after` that differ from `before`, as a merge patch. */
const changesOf = (before, after) =>
  Object.fromEntries(changedFields(before, after).map(({ field, after: value }) => [field, value]));

/**
 * Form for the document `loaded`: an element with `hasChanges()` and `restart()`.
 *
 * `build(document, changed)` makes the controls, `{ element, read }`. `target`: method, path, `body`
 * of the request, and `pointer`, which translates pointers of its problems. Forms of one record share
 * `version`, whose `current` is that of the document; without it, the record is new. `load()` reads
 * the newest version, sets `version.current`, and resolves to the document for this form. `onsave(data)`
 * gets the response of a save. `validates`: whether the endpoint has a dry run, which is used while typing.
 */
export function recordForm({ desk, build, loaded, target, version = null, load = null, onsave, label, validates = true }) {
  let part;
  let initial;
  let validation = new AbortController();
  const fields = element("div");
  const conflict = element("div");
  const button = element("button", { class: "primary" }, label);
  const validateLater = debounce(validate, TYPING_DELAY_MS);
  const form = element("form", { novalidate: true, onsubmit: save, oninput: changed, onchange: changed },
    conflict, fields, element("p", { class: "actions save" }, button));
  form.restart = () => showFields(loaded, loaded);
  form.hasChanges = () => changedFields(initial, part.read()).length > 0;

  /** Show `document`, whose changes are those since `base`. */
  function showFields(document, base) {
    initial = build(base, changed).read();
    part = build(document, changed);
    fill(fields, part.element);
  }

  const request = (query, signal) => send(target.method, target.path, {
    body: target.body(part.read(), initial),
    etag: version && `"${version.current}"`,
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
      if (errors.length) show({ ...problem, errors }, { focus: false });
      else clearProblems(form);
    }
  }

  function show(problem, options) {
    const errors = problem.errors?.map((error) => ({
      ...error, pointer: target.pointer?.(error.pointer) ?? error.pointer,
    }));
    showProblem(form, { ...problem, errors }, options);
  }

  async function save(event) {
    event.preventDefault();
    validateLater.cancel();
    validation.abort();
    button.disabled = true;
    const sent = part.read();
    try {
      const { data } = await request({});
      clearProblems(form);
      initial = sent;
      onsave(data);
      if (load && form.isConnected) {
        const newest = await load();
        const typedSince = changesOf(sent, part.read());
        showFields({ ...newest, ...typedSince }, newest);
      }
    } catch (problem) {
      if (problem.name === "AbortError") return; // another screen is shown
      if (!(problem instanceof Problem)) throw problem;
      if (problem.status === 412) await showConflict();
      else show(problem);
    } finally {
      button.disabled = false;
    }
  }

  async function showConflict() {
    const newest = await load();
    const panel = conflictPanel({
      desk,
      base: initial,
      theirs: build(newest, changed).read(),
      mine: part.read(),
      onresolve: (merged) => {
        showFields(merged, newest);
        fill(conflict);
        button.focus();
        desk.announce(desk.text("conflict.merged"));
      },
    });
    fill(conflict, panel);
    panel.focus();
  }

  showFields(loaded, loaded);
  return form;
}

/** Ask before another screen replaces forms with changes. */
export function guardChanges(desk, forms) {
  const hasChanges = () => forms.some((form) => form.isConnected && form.hasChanges());
  desk.beforeLeave = Object.assign(async () => !hasChanges() || (await confirm(desk, "facts.leave")), { hasChanges });
}
