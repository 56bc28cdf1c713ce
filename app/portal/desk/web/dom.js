// Elements of the screens: texts are set as text, and HTML of the server by one policy.

const policy = globalThis.trustedTypes?.createPolicy("zarya", { createHTML: (html) => html });

/**
 * Create an element. Attributes: a function is a listener (`onclick`), `true` sets an empty
 * attribute, and `false`, null and undefined none. Children: nodes and texts, in lists too.
 */
export function element(tag, attributes = {}, ...children) {
  const created = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") created.addEventListener(name.slice(2), value);
    else if (name === "value") created.value = value ?? "";
    else if (value === true) created.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) created.setAttribute(name, value);
  }
  append(created, children);
  return created;
}

/** Replace the content of an element. */
export function fill(parent, ...children) {
  parent.replaceChildren();
  append(parent, children);
}

function append(parent, children) {
  parent.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
}

/** Show HTML that the server has sanitised. The only place where HTML is parsed. */
export function showHtml(parent, html) {
  parent.innerHTML = policy ? policy.createHTML(html) : html;
}

let lastId = 0;

/** A new id of an element, for labels and descriptions. */
export const newId = () => `e${(lastId += 1)}`;

/** Call a function when no call has followed for `ms` milliseconds; `flush` calls it now if it waits. */
export function debounce(call, ms) {
  let timer = null;
  const run = () => {
    clearTimeout(timer);
    timer = null;
    return call();
  };
  const debounced = () => {
    clearTimeout(timer);
    timer = setTimeout(run, ms);
  };
  debounced.flush = () => (timer === null ? undefined : run());
  debounced.cancel = () => {
    clearTimeout(timer);
    timer = null;
  };
  return debounced;
}

/** Open a dialog with a heading. `onclose` is called with its return value. */
export function openDialog({ title, content, level = "h2", onclose = () => {}, ...attributes }) {
  const heading = newId();
  const dialog = element("dialog", { "aria-labelledby": heading, ...attributes, onclose: () => {
    dialog.remove();
    onclose(dialog.returnValue);
  } }, element(level, { id: heading }, title), content);
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Ask a question in a dialog. Resolves to the value of the pressed button; null if it was closed. */
export function ask({ title, text = "", buttons, content = [] }) {
  return new Promise((resolve) => {
    openDialog({ title, onclose: (value) => resolve(value || null), content: element("form", { method: "dialog" },
      text && element("p", {}, text),
      content,
      element("p", { class: "actions" }, buttons.map(({ value, label, kind }) =>
        element("button", { value, class: kind }, label)))) });
  });
}
