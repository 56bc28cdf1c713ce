// Differences between versions of a record: tables of changes, and the choice in a conflict.

import { changedFields, merge } from "./documents.js";
import { element } from "./dom.js";
import { fieldLabel } from "./labels.js";

const MAX_COMPARISONS = 1_000_000;

/** Text of a value: lists and objects one item a line. */
export function valueText(value) {
  if (value === null || value === undefined || value === "") return "–";
  if (Array.isArray(value)) return value.map(valueText).join("\n") || "–";
  if (typeof value === "object") {
    return Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([name, item]) => `${name}: ${valueText(item)}`)
      .join(", ");
  }
  return String(value);
}

/** Words of two texts as `[kind, text]`, where the kind is `same`, `del` or `ins`. */
export function wordDifference(before, after) {
  const [a, b] = [before, after].map((text) => text.match(/\s+|[^\s]+/g) ?? []);
  let start = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const middle = compareWords(a.slice(start, a.length - end), b.slice(start, b.length - end));
  const same = (words) => (words.length ? [["same", words.join("")]] : []);
  return [...same(a.slice(0, start)), ...middle, ...same(a.slice(a.length - end))];
}

function compareWords(a, b) {
  const whole = (kind, words) => (words.length ? [[kind, words.join("")]] : []);
  if (!a.length || !b.length || a.length * b.length > MAX_COMPARISONS) {
    return [...whole("del", a), ...whole("ins", b)];
  }
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i][j] = a[i] === b[j]
        ? lengths[i + 1][j + 1] + 1
        : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const parts = [];
  const push = (kind, word) => {
    if (parts.at(-1)?.[0] === kind) parts.at(-1)[1] += word;
    else parts.push([kind, word]);
  };
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      push("same", a[i]);
      [i, j] = [i + 1, j + 1];
    } else if (j === b.length || (i < a.length && lengths[i + 1][j] >= lengths[i][j + 1])) {
      push("del", a[i]);
      i += 1;
    } else {
      push("ins", b[j]);
      j += 1;
    }
  }
  return parts;
}

/** Table of changes, with the words marked that differ. */
export function differenceTable({ desk, changes }) {
  const heading = (key) => element("th", { scope: "col" }, desk.text(key));
  return element("table", { class: "difference" },
    element("thead", {}, element("tr", {},
      heading("history.field"), heading("history.before"), heading("history.after"))),
    element("tbody", {}, ...changes.map(({ field, before, after }) => {
      const parts = wordDifference(valueText(before), valueText(after));
      const cell = (kind) => element("td", {}, ...parts
        .filter(([part]) => part === "same" || part === kind)
        .map(([part, text]) => (part === "same" ? text : element(part, {}, text))));
      return element("tr", {},
        element("th", { scope: "row" }, fieldLabel(desk, field)), cell("del"), cell("ins"));
    })));
}

/**
 * Panel for a conflict: another editor has saved since `base` was read.
 *
 * `base`, `theirs` and `mine` are documents with the same fields. A field that only one of both
 * has changed is merged by itself; for the others the editor chooses, and sees both values.
 */
export function conflictPanel({ desk, base, theirs, mine, onresolve }) {
  const { merged, conflicts } = merge(base, theirs, mine);
  const choices = conflicts.map((field) => {
    const option = (whose, value, checked) => {
      const input = element("input", { type: "radio", name: `conflict-${field}`, checked });
      const parts = wordDifference(valueText(base[field]), valueText(value)).map(([kind, text]) =>
        (kind === "same" ? text : element(kind, {}, text)));
      return { input, element: element("label", { class: "choice" }, input,
        element("span", {}, element("strong", {}, desk.text(`conflict.${whose}`)),
          element("span", { class: "value" }, ...parts))) };
    };
    const options = [option("mine", mine[field], true), option("theirs", theirs[field], false)];
    return {
      field,
      isMine: () => options[0].input.checked,
      element: element("fieldset", {}, element("legend", {}, fieldLabel(desk, field)),
        ...options.map((item) => item.element)),
    };
  });
  const resolve = () => {
    const theirChoices = choices.filter(({ isMine }) => !isMine());
    onresolve({ ...merged, ...Object.fromEntries(theirChoices.map(({ field }) => [field, theirs[field]])) });
  };
  return element("section", { class: "conflict card", tabindex: -1, "aria-labelledby": "conflict" },
    element("h2", { id: "conflict" }, desk.text("conflict.title")),
    element("p", {}, desk.text("conflict.help")),
    differenceTable({ desk, changes: changedFields(base, theirs) }),
    ...choices.map((choice) => choice.element),
    element("p", { class: "actions" },
      element("button", { type: "button", onclick: resolve }, desk.text("conflict.continue"))));
}
