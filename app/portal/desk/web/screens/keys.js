// API keys and roles: list, creation, rotation and revocation. A secret is shown once.

import { attempt, confirm } from "../actions.js";
import { send } from "../api.js";
import { momentText } from "../dates.js";
import { ask, element, fill } from "../dom.js";
import { field } from "../forms.js";
import { pages, table } from "../pages.js";
import { creation, guardChanges, recordForm } from "../record-form.js";
import { checkboxes, objectFields } from "../schema-form.js";
import { getSchema, loadSchemas } from "../schemas.js";
import { showSecret } from "../copy.js";

export async function show(main, parameters, desk) {
  const [, { data: roles }] = await Promise.all([loadSchemas(), send("GET", "roles", { signal: desk.signal })]);
  const secret = element("div");
  const { list, wrapper } = table(desk, desk.text("keys.title"),
    ["field.name", "keys.role", "field.scopes", "keys.state", "keys.last_used", "field.expires_at", "list.actions"]);
  const keys = pages({
    desk, path: "keys", list, wrapper,
    item: (key) => element("tr", {},
      element("th", { scope: "row" }, key.name, " ", element("code", { class: "quiet" }, key.id)),
      element("td", {}, key.role ? desk.text(`value.${key.role}`) : "–"),
      element("td", { class: "quiet" }, key.role ? "" : key.scopes.join(", ")),
      element("td", {}, desk.text(`value.${key.state}`)),
      element("td", {}, momentText(key.last_used_at)),
      element("td", {}, momentText(key.expires_at)),
      element("td", { class: "actions" }, key.state === "active" && [
        element("button", { type: "button", class: "plain", onclick: () => rotate(key) }, desk.text("keys.rotate")),
        element("button", { type: "button", class: "plain danger", onclick: () => revoke(key) }, desk.text("keys.revoke")),
      ])),
  });

  const created = (data, message) => {
    showSecret(secret, desk, data.key, desk.text(message, { name: data.name }));
    return keys.reload();
  };

  async function rotate(key) {
    const hours = element("input", { type: "number", min: 0, value: 24 });
    const answer = await ask({
      title: desk.text("keys.rotate_question", { name: key.name }),
      content: field({ label: desk.text("keys.overlap_hours"), pointer: null, control: hours }),
      buttons: [
        { value: "yes", label: desk.text("keys.rotate"), kind: "primary" },
        { value: "", label: desk.text("cancel") },
      ],
    });
    if (answer !== "yes") return;
    await attempt(main, async () => {
      const { data } = await send("POST", `keys/${key.id}/rotate`, { body: { overlap_hours: Number(hours.value) } });
      await created(data, "keys.rotated");
    });
  }

  async function revoke(key) {
    if (!(await confirm(desk, "keys.revoke_question", { name: key.name }))) return;
    await attempt(main, async () => {
      await send("DELETE", `keys/${key.id}`);
      desk.announce(desk.text("keys.revoked", { name: key.name }));
      await keys.reload();
    });
  }

  const form = recordForm({
    desk,
    build: (document, changed) => keyFields(roles.items, document, { desk, changed }),
    loaded: { document: {} },
    target: creation("keys"),
    validates: false,
    label: desk.text("keys.create"),
    onsave: (data) => {
      form.restart();
      return created(data, "keys.created");
    },
  });
  guardChanges(desk, [form]);
  fill(main,
    element("h1", {}, desk.text("keys.title")),
    secret,
    keys.element,
    element("section", { class: "card" }, element("h2", {}, desk.text("keys.new")), form));
  await keys.reload();
}

/** Controls of a new key: its name and expiry, and a role or scopes. */
function keyFields(roles, document, { desk, changed }) {
  const { properties, required } = getSchema("KeyWrite");
  const { name, expires_at } = properties;
  const common = objectFields({ properties: { name, expires_at }, required }, document, { desk, changed });
  const scopes = checkboxes(getSchema("Scope").enum, [], { desk, name: "scopes", pointer: "/scopes" });
  const role = element("select", { onchange: () => update() },
    roles.map((each) => element("option", { value: each.role }, desk.text(`value.${each.role}`))),
    element("option", { value: "" }, desk.text("keys.own_scopes")));
  const meaning = element("p", { class: "quiet" });
  const update = () => {
    scopes.element.hidden = role.value !== "";
    const chosen = roles.find((each) => each.role === role.value);
    meaning.textContent = chosen?.scopes.join(", ") ?? "";
  };
  update();
  return {
    element: element("div", {}, common.element,
      field({ label: desk.text("keys.role"), pointer: "/role", control: role }), meaning, scopes.element),
    read: () => ({ ...common.read(), ...(role.value ? { role: role.value } : { scopes: scopes.read() }) }),
  };
}
