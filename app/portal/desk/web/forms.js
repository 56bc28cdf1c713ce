// Fields of forms: labels, hints, problems at their field, and pickers of records.

import { send } from "./api.js";
import { debounce, element, fill, newId } from "./dom.js";

const SUGGEST_MS = 200;
const MAX_SUGGESTIONS = 8;

/** A labelled control with its hint and a place for a problem. `pointer`: JSON Pointer of the field. */
export function field({ label, hint = "", pointer, control, action = null }) {
  const input = control.matches("input, textarea, select") ? control : control.querySelector("input, textarea, select");
  input.id ||= newId();
  const hintId = hint && newId();
  const errorId = newId();
  input.setAttribute("aria-describedby", [input.getAttribute("aria-describedby"), hintId, errorId].filter(Boolean).join(" "));
  return element("div", { class: "field", "data-pointer": pointer },
    element("div", { class: "label" }, element("label", { for: input.id }, label), action),
    control,
    hint && element("p", { class: "quiet", id: hintId }, hint),
    element("p", { class: "error", id: errorId, hidden: true }));
}

/** Remove the problems from a form. */
export function clearProblems(form) {
  for (const shown of form.querySelectorAll(".field[data-invalid]")) {
    shown.removeAttribute("data-invalid");
    shown.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid");
    const place = shown.querySelector(".error");
    place.hidden = true;
    fill(place);
  }
  form.querySelector(".problem")?.remove();
}

/**
 * Show a problem: each error at the field of its pointer, or of the nearest one above; the rest in a
 * summary at the start of the form. Focuses the first invalid field, or the summary. Without `focus`,
 * as while the person types, there is no summary of errors that are shown at their fields.
 */
export function showProblem(form, problem, { focus = true } = {}) {
  clearProblems(form);
  const rest = [];
  for (const error of problem.errors ?? []) {
    const place = fieldAt(form, error.pointer);
    if (place) showAt(place, error.detail);
    else rest.push(error);
  }
  const invalid = form.querySelector(".field[data-invalid] [aria-invalid]");
  const summary = element("div", { class: "problem", role: "alert", tabindex: "-1" },
    element("p", {}, problem.detail || problem.title || String(problem.message)),
    rest.length > 0 && element("ul", {}, rest.map((error) =>
      element("li", {}, `${error.pointer ?? error.parameter ?? ""} ${error.detail}`.trim()))));
  if (focus || rest.length || !problem.errors?.length) form.prepend(summary);
  if (focus) (invalid ?? summary).focus();
}

function fieldAt(form, pointer) {
  for (let at = pointer; at; at = at.slice(0, at.lastIndexOf("/"))) {
    const found = form.querySelector(`.field[data-pointer="${CSS.escape(at)}"]`);
    if (found) return found;
  }
  return null;
}

function showAt(place, detail) {
  const text = place.querySelector(".error");
  place.setAttribute("data-invalid", "");
  place.querySelector("input, textarea, select")?.setAttribute("aria-invalid", "true");
  text.append(element("span", {}, detail, " "));
  text.hidden = false;
}

/** Suggestions of the API for records of a type: `{slug, title, hint}`. */
export const suggestRecords = (type) => async (words, signal) => {
  const { data } = await send("GET", "suggest", { query: { q: words, type, limit: MAX_SUGGESTIONS }, signal });
  return data.items.map(({ slug, title, subtitle }) => ({ slug, title, hint: subtitle ?? "" }));
};

/**
 * A combobox (ARIA 1.2) that suggests while words are typed.
 *
 * `type`: record type of the suggestions, or `suggest`: an async function from words to
 * `{slug, title, hint}`. `value`: slug at first. `free`: other words are values too.
 * `onchange(value, item)` is called with a chosen value. The returned element has `value`.
 */
export function picker({ type, suggest = suggestRecords(type), value = "", free = false, onchange = () => {}, placeholder = "" }) {
  const listId = newId();
  let items = [];
  let active = -1;
  let controller = null;
  const list = element("ul", { class: "suggestions", id: listId, role: "listbox", hidden: true });
  const input = element("input", {
    type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", placeholder, value,
    "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": listId,
    oninput: () => {
      if (free || !input.value) box.value = input.value.trim();
      look();
    },
    onkeydown: (event) => onKey(event),
    onblur: () => setTimeout(close, 150),
    onchange: () => {
      if (free || !input.value) onchange(box.value, null);
      else if (input.value !== box.value) input.value = box.value;
    },
  });
  const box = element("div", { class: "picker" }, input, list);
  box.value = value;
  box.input = input;

  const look = debounce(async () => {
    controller?.abort();
    controller = new AbortController();
    const words = input.value.trim();
    if (!words) return close();
    const { signal } = controller;
    try {
      const found = await suggest(words, signal);
      if (signal.aborted) return undefined;
      items = found;
    } catch (error) {
      if (error.name === "AbortError") return undefined;
      items = [];
    }
    show();
    return undefined;
  }, SUGGEST_MS);

  function show() {
    active = -1;
    fill(list, items.map((item, n) => element("li", {
      role: "option", id: `${listId}-${n}`, "aria-selected": "false",
      onmousedown: (event) => {
        event.preventDefault();
        choose(item);
      },
    }, element("span", {}, item.title), element("span", { class: "quiet" }, item.hint ?? ""))));
    list.hidden = items.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    input.removeAttribute("aria-activedescendant");
  }

  function close() {
    look.cancel();
    controller?.abort();
    items = [];
    show();
  }

  function choose(item) {
    box.value = item.slug;
    input.value = item.slug;
    close();
    onchange(item.slug, item);
  }

  function onKey(event) {
    if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      event.preventDefault();
      close();
    } else if (event.key === "Enter") {
      event.preventDefault(); // without a submission of the form
      if (active >= 0) choose(items[active]);
      else if (free && input.value.trim()) onchange(box.value, null);
      else if (items.length) choose(items[0]);
    } else if (["ArrowDown", "ArrowUp"].includes(event.key) && items.length) {
      event.preventDefault();
      active = (active + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length;
      [...list.children].forEach((option, n) => option.setAttribute("aria-selected", String(n === active)));
      input.setAttribute("aria-activedescendant", `${listId}-${active}`);
      list.children[active].scrollIntoView({ block: "nearest" });
    }
  }

  return box;
}

/**
 * A list of values that are added by a picker and removed by their buttons. The returned element has
 * `value`: an array of slugs. `titles`: titles by slug.
 */
export function multiPicker({ value = [], titles = {}, removeLabel, onchange = () => {}, ...options }) {
  const chips = element("ul", { class: "chosen" });
  const input = picker({ ...options, onchange: (slug, item) => {
    if (!slug) return;
    if (item) titles[slug] = item.title;
    input.value = "";
    input.input.value = "";
    set([...new Set([...box.value, slug])]);
    onchange(box.value);
  } });
  const box = element("div", { class: "multi" }, chips, input);

  function set(slugs) {
    box.value = slugs;
    chips.hidden = slugs.length === 0;
    fill(chips, slugs.map((slug) => element("li", {},
      element("span", {}, titles[slug] ?? slug),
      element("button", { type: "button", "aria-label": removeLabel(titles[slug] ?? slug), onclick: () => {
        set(box.value.filter((each) => each !== slug));
        onchange(box.value);
        input.input.focus();
      } }, "×"))));
  }

  box.set = set;
  set(value);
  return box;
}
