// Facts: lists of records, and a form for a record of each type, made from the API's schemas.

import { attempt, confirm } from "../actions.js";
import { Problem, send } from "../api.js";
import { commandTransfer } from "../command-transfer.js";
import { element, fill } from "../dom.js";
import { pages } from "../pages.js";
import { change, creation, guardChanges, recordForm } from "../record-form.js";
import { FACTS, NEW, titleOf } from "../record-types.js";
import { objectFields, rowFields } from "../schema-form.js";
import { getSchema, loadSchemas, resolve } from "../schemas.js";

export async function show(main, [collection, slug], desk) {
  const collections = Object.keys(FACTS).filter((name) => desk.can(FACTS[name].scope));
  const chosen = collection ?? collections[0];
  if (!Object.hasOwn(FACTS, chosen)) throw new Problem({ status: 404, detail: desk.text("no_screen") });
  if (slug === undefined) return showList(main, chosen, collections, desk);
  await loadSchemas();
  return slug === NEW ? showNew(main, chosen, desk) : showRecord(main, chosen, slug, desk);
}

function showList(main, collection, collections, desk) {
  const words = element("input", { type: "search", "aria-label": desk.text("facts.search") });
  const list = pages({
    desk,
    path: collection,
    query: () => ({ q: words.value.trim() }),
    item: (record) => element("li", {},
      element("a", { href: `#/facts/${collection}/${record.slug}` }, titleOf(record)), " ",
      element("span", { class: "quiet" }, record.slug)),
  });
  fill(main,
    element("h1", {}, desk.text(`type.${collection}`)),
    element("nav", { class: "chips", "aria-label": desk.text("facts.types") }, collections.map((name) =>
      element("a", { href: `#/facts/${name}`, "aria-current": name === collection && "page" }, desk.text(`type.${name}`)))),
    element("form", { class: "bar-form", role: "search", onsubmit: (event) => {
      event.preventDefault();
      list.reload();
    } },
      words,
      element("button", {}, desk.text("facts.find")),
      element("a", { class: "button", href: `#/facts/${collection}/${NEW}` }, desk.text("facts.new"))),
    list.element);
  return list.reload();
}

function showNew(main, collection, desk) {
  const form = recordForm({
    desk,
    build: buildRecord(collection, desk),
    loaded: { document: {} },
    target: creation(collection),
    label: desk.text("facts.create"),
    onsave: (record) => {
      desk.announce(desk.text("facts.created", { title: titleOf(record) }));
      desk.go(`#/facts/${collection}/${record.slug}`);
    },
  });
  guardChanges(desk, [form]);
  fill(main, element("h1", {}, desk.text("facts.new_of", { type: desk.text(`type.${collection}`) })), form);
}

const buildRecord = (collection, desk) => {
  const schema = getSchema(FACTS[collection].schema);
  return (document, changed) => objectFields(schema, document, { desk, changed });
};

async function showRecord(main, collection, slug, desk) {
  const path = `${collection}/${slug}`;
  /** The newest version, with references as slugs. */
  const load = async () => {
    const { data } = await send("GET", `${path}/revisions`, { query: { limit: 1 }, signal: desk.signal });
    const [{ version }] = data.items;
    const { data: revision } = await send("GET", `${path}/revisions/${version}`, { signal: desk.signal });
    return { document: revision.record, version };
  };
  const [loaded, { data: shown }] = await Promise.all([load(), send("GET", path, { signal: desk.signal })]);
  let { version } = loaded;
  const form = recordForm({
    desk,
    build: buildRecord(collection, desk),
    loaded,
    load,
    target: change(path),
    label: desk.text("facts.save"),
    onsave: (record) => {
      version = record.version;
      desk.announce(desk.text("facts.saved"));
      if (record.slug !== slug) desk.go(`#/facts/${collection}/${record.slug}`);
      else if (collection === "launches") fill(slips, slipTable(record.history, desk));
    },
  });
  const slips = element("div", {}, collection === "launches" && slipTable(shown.history, desk));
  const crew = collection === "missions" && crewForm({ desk, path, loaded, load, onsave: (mission) => { version = mission.version; } });
  guardChanges(desk, [form, crew].filter(Boolean));
  fill(main,
    element("h1", {}, titleOf(shown)),
    element("p", { class: "actions" },
      element("a", { class: "button", href: `#/history/${path}` }, desk.text("history.title")),
      element("button", { type: "button", class: "danger", onclick: () => remove() }, desk.text("facts.delete"))),
    slips,
    form,
    crew && [element("h2", {}, desk.text("facts.crew")), crew]);

  async function remove() {
    if (!(await confirm(desk, "facts.delete_question", { title: titleOf(shown) }))) return;
    await attempt(main, async () => {
      await send("DELETE", path, { etag: `"${version}"` });
      desk.beforeLeave = null;
      desk.announce(desk.text("facts.deleted", { title: titleOf(shown) }));
      desk.go(`#/facts/${collection}`);
    });
  }
}

/** Table of the slips of a launch, with their reasons. */
function slipTable(history, desk) {
  if (!history.length) return null;
  const state = ({ launch_at: at, launch_at_precision: precision, status }) =>
    `${at.slice(0, precision === "second" || precision === "minute" ? 16 : 10).replace("T", " ")}, ${desk.text(`value.${status}`)}`;
  const heading = (key) => element("th", { scope: "col" }, desk.text(key));
  return element("div", { class: "scroll" }, element("table", { class: "slips" },
    element("caption", {}, desk.text("facts.slips")),
    element("thead", {}, element("tr", {}, ["history.at", "history.before", "history.after", "field.change_reason"].map(heading))),
    element("tbody", {}, history.map(({ changed_at: at, from, to, reason }) => element("tr", {},
      [at.slice(0, 10), state(from), state(to), reason ?? ""].map((text) => element("td", {}, text)))))));
}

/** Form of the crew of a mission, which is written as a whole. */
function crewForm({ desk, path, loaded, load, onsave }) {
  const { items } = getSchema("MissionCrew").properties;
  const ofCrew = ({ document, version }) => ({ document: { crew: document.crew }, version });
  return recordForm({
    desk,
    build: ({ crew }, changed) => {
      const context = { desk, changed, name: "crew", pointer: "/items" };
      const rows = rowFields(resolve(resolve(items).items), crew, context);
      return { element: rows.element, read: () => ({ crew: rows.read() }), rows };
    },
    tools: (part) => commandTransfer(desk, () => part().rows),
    loaded: ofCrew(loaded),
    load: async () => ofCrew(await load()),
    target: { method: "PUT", path: `${path}/crew`, body: ({ crew }) => ({ items: crew }) },
    label: desk.text("facts.save_crew"),
    onsave: (mission) => {
      desk.announce(desk.text("facts.crew_saved"));
      onsave(mission);
    },
  });
}
