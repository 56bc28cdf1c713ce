// History of a record: its versions, the difference between two, and restoring one.

import { attempt, confirm } from "../actions.js";
import { Problem, send } from "../api.js";
import { momentText } from "../dates.js";
import { differenceTable } from "../difference.js";
import { element, fill } from "../dom.js";
import { pages, table } from "../pages.js";
import { COLLECTIONS, editHash, writeScopes } from "../record-types.js";

export async function show(main, [collection, slug], desk) {
  if (!(COLLECTIONS.includes(collection) && slug)) throw new Problem({ status: 404, detail: desk.text("no_screen") });
  const path = `${collection}/${slug}/revisions`;
  const canWrite = desk.can(...writeScopes(collection));
  const difference = element("section", { class: "card", hidden: true, tabindex: -1, "aria-labelledby": "difference" });
  const chosen = { before: null, after: null };
  let newest = null;

  const radio = (name, version) => element("td", {}, element("input", {
    type: "radio", name, value: version, checked: chosen[name] === version,
    "aria-label": desk.text(`history.compare_${name}`, { version }),
    onchange: () => { chosen[name] = version; },
  }));
  const { list, wrapper } = table(desk, desk.text("history.title"),
    ["history.before", "history.after", "history.version", "history.at", "history.actor", "history.action", "list.actions"]);
  const versions = pages({
    desk, path, list, wrapper,
    item: ({ version, at, actor, action }) => {
      newest ??= version;
      chosen.after ??= version;
      if (version < newest) chosen.before ??= version;
      return element("tr", {},
        radio("before", version), radio("after", version),
        element("th", { scope: "row" }, String(version)),
        element("td", {}, momentText(at)),
        element("td", {}, actor?.name ?? "–"),
        element("td", {}, action ? desk.text(`action.${action}`) : "–"),
        element("td", {}, canWrite && version < newest && element("button", {
          type: "button", class: "plain", onclick: () => restore(version),
          "aria-label": desk.text("history.restore_version", { version }),
        }, desk.text("history.restore"))));
    },
  });

  const compare = () => attempt(main, async () => {
    const { before, after } = chosen;
    if (before === null || before === after) return;
    const { data } = await send("GET", `${path}/${before}/difference/${after}`, { signal: desk.signal });
    fill(difference,
      element("h2", { id: "difference" }, desk.text("history.difference", { before, after })),
      data.changes.length
        ? differenceTable({ desk, changes: data.changes })
        : element("p", {}, desk.text("history.same")));
    difference.hidden = false;
    difference.focus();
  });

  async function restore(version) {
    if (!(await confirm(desk, "history.restore_question", { version }))) return;
    await attempt(main, async () => {
      await send("POST", `${path}/${version}/restore`, { etag: `"${newest}"` });
      desk.announce(desk.text("history.restored", { version }));
      Object.assign(chosen, { before: null, after: null });
      newest = null;
      difference.hidden = true;
      await versions.reload();
    });
  }

  const edit = editHash(collection, slug);
  fill(main,
    element("h1", {}, `${desk.text("history.title")}: ${slug}`),
    edit && element("p", {}, element("a", { href: edit }, desk.text("history.edit"))),
    versions.element,
    element("p", { class: "actions" },
      element("button", { type: "button", onclick: compare }, desk.text("history.compare"))),
    difference);
  await versions.reload();
}
