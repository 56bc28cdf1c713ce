// Controls of a JSON Schema: one for each property, with the label `field.{name}`.

import { send } from "./api.js";
import { element, fill, newId } from "./dom.js";
import { field, picker } from "./forms.js";
import { fieldLabel, isDerived, valueLabel } from "./labels.js";
import { REFERENCES } from "./record-types.js";
import { resolve, translateHint } from "./schemas.js";

const LONG_TEXT_LENGTH = 300;

/**
 * Controls of an object: `{ element, read }`.
 *
 * `read()` returns the document, with null for an empty control. A control that nobody has changed
 * returns the value that it was made from. `changed()` is called when rows are added or removed and
 * when a reference is chosen; other controls send events.
 */
export function objectFields(schema, value, { desk, changed, pointer = "", isRow = false }) {
  const parts = Object.entries(schema.properties).map(([name, property]) => {
    const resolved = resolve(property);
    const isRequired = schema.required?.includes(name) ?? false;
    const context = { desk, changed, isRow, name, isRequired, pointer: `${pointer}/${name}` };
    return [name, propertyField(resolved, value?.[name] ?? defaultOf(resolved), context)];
  });
  return {
    element: element("div", { class: "fields" }, parts.map(([, part]) => part.element)),
    read: () => Object.fromEntries(parts.map(([name, part]) => [name, part.read()])),
  };
}

/** An unchecked box is false, also where the schema has no default. */
function defaultOf({ type, nullable, default: value = null }) {
  return value === null && type === "boolean" && !nullable ? false : value;
}

function propertyField(schema, value, context) {
  if (schema.type === "object") return optionalObject(schema, value, context);
  if (schema.type === "array") return arrayField(schema, value ?? [], context);
  const { control, read } = scalarControl(schema, value, context);
  const { desk, name, isRequired, pointer } = context;
  const input = control.input ?? control;
  if (isRequired && schema.type !== "boolean") input.required = true;
  const shown = read();
  const time = schema.format === "date-time" ? " (UTC)" : "";
  return {
    element: field({ label: fieldLabel(desk, name) + time, hint: hint(schema, context), pointer, control }),
    read: () => (read() === shown ? value : read()),
  };
}

/**
 * Description of the API without what it says about null, which no form shows, in the language of the
 * desk. Rows of lists and derived fields have none.
 */
function hint({ description = "" }, { name, isRow }) {
  if (isRow || isDerived(name)) return "";
  return translateHint(description
    .replaceAll(/\s+/g, " ")
    .replace(/,? or null\b[^.;]*/g, "")
    .split(/(?<=[.;]) /)
    .filter((sentence) => !/\bnull\b/i.test(sentence))
    .join(" ")
    .replaceAll("`", ""));
}

function scalarControl(schema, value, { desk, changed, name, isRequired }) {
  if (schema.enum) return choice(schema, value, desk, isRequired);
  if (schema.type === "boolean") {
    const control = element("input", { type: "checkbox", checked: value === true });
    return { control, read: () => control.checked };
  }
  if (name in REFERENCES) return reference(REFERENCES[name], value, changed);
  const control = textControl(schema, value);
  const parse = { number: Number, integer: Number }[schema.type] ?? PARSE_FORMAT[schema.format];
  return { control, read: () => (control.value.trim() ? parse?.(control.value) ?? control.value.trim() : null) };
}

const PARSE_FORMAT = { "date-time": (text) => `${text.padEnd(19, ":00")}Z` };

function textControl(schema, value) {
  const { minimum: min, maximum: max, maxLength: maxlength, format } = schema;
  if (schema.type === "integer" || schema.type === "number") {
    return element("input", { type: "number", min, max, step: schema.type === "integer" ? 1 : "any", value });
  }
  if (format === "date-time") {
    return element("input", { type: "datetime-local", step: 1, value: value?.slice(0, 19) });
  }
  if (format === "date") return element("input", { type: "date", value });
  if (maxlength >= LONG_TEXT_LENGTH && format !== "uri") {
    return element("textarea", { rows: 3, maxlength, value });
  }
  return element("input", { type: format === "uri" ? "url" : "text", maxlength, value });
}

function choice(schema, value, desk, isRequired) {
  const canBeEmpty = schema.nullable || (isRequired && value === null);
  const options = schema.enum.map((option) =>
    element("option", { value: option, selected: option === value }, valueLabel(desk, option)));
  const control = element("select", {}, canBeEmpty && element("option", { value: "" }, "–"), options);
  return { control, read: () => control.value || null };
}

function reference(type, value, changed) {
  const isObject = value !== null && typeof value === "object"; // a site, in versions
  const control = picker({
    ...(type === "port" ? { suggest: suggestPorts } : { type }),
    value: (isObject ? value.name : value) ?? "",
    free: true,
    onchange: changed,
  });
  return { control, read: () => control.value || null };
}

async function suggestPorts(words, signal) {
  const query = { view: "full", fields: "ports", limit: 100 };
  const { data } = await send("GET", "modules", { query, signal });
  const matches = ({ slug, name }) =>
    words.toLowerCase().split(/\s+/).every((word) => `${slug} ${name}`.toLowerCase().includes(word));
  return data.items.flatMap(({ ports }) => ports).filter(matches).slice(0, 8)
    .map(({ slug, name }) => ({ slug, title: name }));
}

/** Fieldset with a place for the problem of the whole group, as that of a field. */
function group({ title, pointer, children }) {
  const errorId = newId();
  return element("fieldset", { class: "field group", "data-pointer": pointer, "aria-describedby": errorId },
    element("legend", {}, title),
    element("p", { class: "error", id: errorId, hidden: true }),
    children);
}

/** Controls of an object that may be missing: it is null if all of them are empty. */
function optionalObject(schema, value, { desk, changed, name, pointer }) {
  const part = objectFields(schema, value, { desk, changed, pointer });
  return {
    element: group({ title: fieldLabel(desk, name), pointer, children: part.element }),
    read: () => {
      const read = part.read();
      return Object.values(read).every((item) => item === null) ? null : read;
    },
  };
}

function arrayField(schema, value, context) {
  const items = resolve(schema.items);
  if (items.type === "object") return rowFields(items, value, context);
  return items.enum ? checkboxes(items.enum, value, context) : lines(schema, value, context);
}

/** Checkbox for each value of an enumeration. */
export function checkboxes(values, checked, { desk, name, pointer }) {
  const boxes = values.map((value) =>
    element("input", { type: "checkbox", value, checked: checked.includes(value) }));
  const labels = boxes.map((box) =>
    element("label", { class: "check" }, box, valueLabel(desk, box.value)));
  return {
    element: group({
      title: fieldLabel(desk, name), pointer,
      children: element("div", { class: "checks" }, labels),
    }),
    read: () => boxes.filter((box) => box.checked).map((box) => box.value),
  };
}

/** Text area for a list of texts, one a line. */
function lines(schema, value, context) {
  const { desk, name, pointer } = context;
  const control = element("textarea", { rows: Math.max(2, value.length), value: value.join("\n") });
  return {
    element: field({
      label: fieldLabel(desk, name),
      hint: `${hint(schema, context)} ${desk.text("facts.one_a_line")}`.trim(),
      pointer,
      control,
    }),
    read: () => control.value.split("\n").map((line) => line.trim()).filter(Boolean),
  };
}

/** Rows of a list of objects, which can be added, moved up and removed: `{ element, read, replace }`. */
export function rowFields(schema, value, { desk, changed, name, pointer }) {
  const title = fieldLabel(desk, name);
  const list = element("ol", { class: "rows" });
  const adder = button("facts.add", () => {
    const row = insert(null);
    render();
    row.element.querySelector("input, select, textarea").focus();
    changed();
  });
  let rows = [];

  function button(key, onclick) {
    return element("button", { type: "button", class: "plain", onclick }, desk.text(key));
  }

  function insert(document) {
    const start = `${pointer}/${rows.length}`;
    const part = objectFields(schema, document, { desk, changed, pointer: start, isRow: true });
    const up = button("facts.up", () => move(row));
    const row = {
      read: part.read,
      pointer: start,
      up,
      element: element("li", {}, group({
        title: "", pointer: start,
        children: [part.element, element("p", { class: "actions" }, up, button("facts.remove", () => remove(row)))],
      })),
    };
    rows.push(row);
    return row;
  }

  function render() {
    rows.forEach((row, n) => {
      row.element.querySelector("legend").textContent = `${title} ${n + 1}`;
      row.up.disabled = n === 0;
      for (const part of row.element.querySelectorAll("[data-pointer]")) {
        part.dataset.pointer = `${pointer}/${n}${part.dataset.pointer.slice(row.pointer.length)}`;
      }
      row.pointer = `${pointer}/${n}`;
    });
    fill(list, rows.map((row) => row.element));
  }

  function move(row) {
    const n = rows.indexOf(row);
    rows.splice(n - 1, 2, row, rows[n - 1]);
    render();
    (row.up.disabled ? row.element.querySelector("input, select") : row.up).focus();
    desk.announce(desk.text("facts.moved", { n }));
    changed();
  }

  function remove(row) {
    rows = rows.filter((other) => other !== row);
    render();
    adder.focus();
    desk.announce(desk.text("facts.removed"));
    changed();
  }

  value.forEach(insert);
  render();
  return {
    element: group({ title, pointer, children: [list, element("p", { class: "actions" }, adder)] }),
    read: () => rows.map((row) => row.read()),
    replace: (documents) => {
      rows = [];
      documents.forEach(insert);
      render();
      changed();
    },
  };
}

/** Document without its null values: the body of a creation, to which defaults apply. */
export function withoutNulls(value) {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([name, item]) => [name, withoutNulls(item)]));
}
