// Lists of the API, page by page.

import { attempt } from "./actions.js";
import { cursorOf, send } from "./api.js";
import { element, fill } from "./dom.js";

/**
 * List of the items of `path`: `{ element, reload }`.
 *
 * `query()` returns the filters, `item(record)` the element of an item. `list` contains the items;
 * `wrapper` is the element around it, such as a table. `reload()` shows the first page; a problem of
 * it or of another page is shown above the list.
 */
export function pages({ desk, path, query = () => ({}), item, list = element("ul", { class: "card records" }), wrapper = list }) {
  const empty = element("p", { class: "empty", hidden: true }, desk.text("list.empty"));
  const back = element("button", { type: "button", onclick: () => go(back) }, desk.text("list.previous"));
  const onward = element("button", { type: "button", onclick: () => go(onward) }, desk.text("list.next"));
  const pager = element("p", { class: "actions" }, back, onward);

  const root = element("div", {}, wrapper, empty, pager);
  let controller = new AbortController();

  async function load(cursor) {
    controller.abort();
    controller = new AbortController();
    const signal = AbortSignal.any([desk.signal, controller.signal]);
    const { data } = await send("GET", path, { query: { ...query(), cursor }, signal });
    fill(list, data.items.map(item));
    wrapper.hidden = data.items.length === 0;
    empty.hidden = data.items.length > 0;
    for (const [button, url] of [[back, data.prev], [onward, data.next]]) {
      button.hidden = !url;
      button.dataset.cursor = cursorOf(url) ?? "";
    }
  }

  const go = (button) => attempt(root, async () => {
    await load(button.dataset.cursor);
    (list.querySelector("a, button, input") ?? pager).focus();
  });

  return { element: root, reload: () => attempt(root, () => load(null)) };
}

/** Table whose rows `pages` fills: `{ list, wrapper }`. */
export function table(desk, caption, headings) {
  const list = element("tbody");
  const wrapper = element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    element("table", { class: "records" },
      element("thead", {}, element("tr", {}, headings.map((key) => element("th", { scope: "col" }, desk.text(key))))),
      list));
  return { list, wrapper };
}
