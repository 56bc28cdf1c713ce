// Trash: deleted records of all types, which can be restored.

import { attempt } from "../actions.js";
import { send } from "../api.js";
import { momentText } from "../dates.js";
import { ask, element, fill } from "../dom.js";
import { field } from "../forms.js";
import { pages, table } from "../pages.js";
import { editHash, writeScopes } from "../record-types.js";
import { getSchema, loadSchemas } from "../schemas.js";

const API_PREFIX = "/v1/";

export async function show(main, parameters, desk) {
  await loadSchemas();
  const type = element("select", { onchange: () => trash.reload() },
    element("option", { value: "" }, desk.text("trash.all_types")),
    getSchema("RecordType").enum.map((name) => element("option", { value: name }, desk.text(`value.${name}`))));
  const { list, wrapper } = table(desk, desk.text("trash.title"),
    ["trash.record", "field.type", "trash.deleted_at", "trash.deleted_by", "list.actions"]);
  const trash = pages({
    desk, path: "trash", list, wrapper,
    query: () => ({ type: type.value }),
    item: (record) => element("tr", {},
      element("th", { scope: "row" }, record.title ?? record.slug, " ",
        element("span", { class: "quiet" }, record.slug)),
      element("td", {}, desk.text(`value.${record.type}`)),
      element("td", {}, momentText(record.deleted_at)),
      element("td", {}, record.deleted_by?.name ?? "–"),
      element("td", {}, record.restore_url
        ? desk.can(...writeScopes(record.collection)) && element("button", {
          type: "button", class: "plain", onclick: () => restore(record),
          "aria-label": desk.text("trash.restore_record", { title: record.title ?? record.slug }),
        }, desk.text("history.restore"))
        : [desk.text("trash.slug_is_used"), " ",
          desk.can(...writeScopes(record.collection)) && element("button", {
            type: "button", class: "plain", onclick: () => restoreAs(record),
            "aria-label": desk.text("trash.restore_record_as", { title: record.title ?? record.slug }),
          }, desk.text("trash.restore_as"))])),
  });

  /** Path below `/v1` of a URL of the API. */
  const pathOf = (url) => {
    const { pathname } = new URL(url);
    return pathname.slice(pathname.indexOf(API_PREFIX) + API_PREFIX.length);
  };

  const restore = (record, url = record.restore_url, body = undefined) => attempt(main, async () => {
    await send("POST", pathOf(url), { body });
    desk.announce(desk.text("trash.restored", { title: record.title ?? record.slug }));
    const edit = editHash(record.collection, body?.slug ?? record.slug);
    if (edit) desk.go(edit);
    else await trash.reload();
  });

  /** Restore a record under a slug that the person enters, as another record has had its own. */
  async function restoreAs(record) {
    const slug = element("input", { value: `${record.slug}-2`, autofocus: true, spellcheck: "false" });
    const answer = await ask({
      title: desk.text("trash.restore_record_as", { title: record.title ?? record.slug }),
      content: field({ label: desk.text("field.slug"), pointer: null, control: slug }),
      buttons: [{ value: "yes", label: desk.text("history.restore"), kind: "primary" }, { value: "", label: desk.text("cancel") }],
    });
    if (answer === "yes") await restore(record, record.restore_as_url, { slug: slug.value.trim() });
  }

  fill(main,
    element("h1", {}, desk.text("trash.title")),
    element("p", { class: "bar-form" }, element("label", {}, desk.text("field.type"), " ", type)),
    trash.element);
  await trash.reload();
}
