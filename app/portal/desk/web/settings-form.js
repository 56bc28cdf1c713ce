// Screens that create and change a source or a webhook, from the schema of its document.

import { send } from "./api.js";
import { element, fill } from "./dom.js";
import { change, creation, guardChanges, recordForm } from "./record-form.js";
import { NEW } from "./record-types.js";
import { objectFields } from "./schema-form.js";
import { getSchema } from "./schemas.js";

/**
 * Show the form of the record `id` below `path`. `title(record)` is its heading; `extra` is shown
 * below the form. `oncreate(record)` is called after a creation; without it, the list is shown.
 */
export async function showSettings(main, desk, { path, id, schema, title, extra = null, oncreate = null }) {
  const isNew = id === NEW;
  const load = async () => {
    const { data } = await send("GET", `${path}/${id}`, { signal: desk.signal });
    return { document: data, version: data.version };
  };
  const loaded = isNew ? { document: {} } : await load();
  const form = recordForm({
    desk,
    build: (document, changed) => objectFields(getSchema(schema), document, { desk, changed }),
    loaded,
    load: isNew ? null : load,
    target: isNew ? creation(path) : change(`${path}/${id}`),
    label: desk.text(isNew ? "facts.create" : "facts.save"),
    onsave: (record) => {
      desk.announce(desk.text("facts.saved"));
      if (isNew && oncreate) oncreate(record);
      else if (isNew) desk.go(`#/${path}`);
    },
  });
  guardChanges(desk, [form]);
  fill(main, element("h1", {}, isNew ? desk.text("facts.new_of", { type: desk.text(`${path}.title`) }) : title(loaded.document)), form, extra);
}
