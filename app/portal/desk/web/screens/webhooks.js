// Webhooks: settings, deliveries, tests and redelivery. The secret is shown once.

import { attempt, confirm } from "../actions.js";
import { send } from "../api.js";
import { momentText } from "../dates.js";
import { element, fill } from "../dom.js";
import { pages, table } from "../pages.js";
import { NEW } from "../record-types.js";
import { loadSchemas } from "../schemas.js";
import { showSecret } from "../copy.js";
import { showSettings } from "../settings-form.js";

export async function show(main, [id], desk) {
  await loadSchemas();
  if (id === undefined) return showList(main, desk);
  const options = { path: "webhooks", id, schema: "WebhookWrite", title: (webhook) => webhook.target_url };
  if (id === NEW) return showSettings(main, desk, { ...options, oncreate: (webhook) => showCreated(main, webhook, desk) });
  const deliveries = deliveryList(main, id, desk);
  await Promise.all([
    showSettings(main, desk, { ...options, extra: deliveries.element }),
    deliveries.reload(),
  ]);
  return undefined;
}

function showCreated(main, webhook, desk) {
  const secret = element("div");
  fill(main,
    element("h1", {}, webhook.target_url),
    secret,
    element("p", {}, element("a", { href: `#/webhooks/${webhook.id}` }, desk.text("webhooks.deliveries"))));
  showSecret(secret, desk, webhook.secret, desk.text("webhooks.secret"));
}

function showList(main, desk) {
  const { list, wrapper } = table(desk, desk.text("webhooks.title"),
    ["field.target_url", "field.types", "keys.state", "webhooks.last_attempt", "list.last_error", "list.actions"]);
  const webhooks = pages({
    desk, path: "webhooks", list, wrapper,
    item: (webhook) => element("tr", {},
      element("th", { scope: "row" }, element("a", { href: `#/webhooks/${webhook.id}` }, webhook.target_url)),
      element("td", {}, webhook.types.map((type) => desk.text(`value.${type}`)).join(", ") || desk.text("trash.all_types")),
      element("td", {}, desk.text(webhook.enabled ? "list.enabled" : "list.disabled"), webhook.disabled_reason && `: ${webhook.disabled_reason}`),
      element("td", {}, momentText(webhook.last_attempt_at), webhook.last_status && ` (${webhook.last_status})`),
      element("td", {}, webhook.last_error ?? "–"),
      element("td", {}, element("button", { type: "button", class: "plain danger", onclick: () => remove(webhook) }, desk.text("facts.delete")))),
  });

  async function remove(webhook) {
    if (!(await confirm(desk, "facts.delete_question", { title: webhook.target_url }))) return;
    await attempt(main, async () => {
      await send("DELETE", `webhooks/${webhook.id}`, { etag: `"${webhook.version}"` });
      desk.announce(desk.text("facts.deleted", { title: webhook.target_url }));
      await webhooks.reload();
    });
  }

  fill(main,
    element("h1", {}, desk.text("webhooks.title")),
    element("p", { class: "actions" }, element("a", { class: "button", href: `#/webhooks/${NEW}` }, desk.text("facts.new"))),
    webhooks.element);
  return webhooks.reload();
}

/** Deliveries of a webhook: `{ element, reload }`. */
function deliveryList(main, id, desk) {
  const path = `webhooks/${id}`;
  const { list, wrapper } = table(desk, desk.text("webhooks.deliveries"),
    ["webhooks.message", "webhooks.attempted_at", "webhooks.response", "webhooks.duration", "list.actions"]);
  const deliveries = pages({
    desk, path: `${path}/deliveries`, list, wrapper,
    item: (delivery) => element("tr", {},
      element("th", { scope: "row" }, delivery.type, " ", element("code", { class: "quiet" }, delivery.message_id)),
      element("td", {}, delivery.attempted_at ? momentText(delivery.attempted_at) : desk.text("webhooks.waits")),
      element("td", {}, delivery.response_status ?? "", " ", delivery.error ?? "",
        delivery.request_body && element("details", {},
          element("summary", {}, desk.text("webhooks.details")),
          element("pre", {}, delivery.request_body),
          delivery.response_body && element("pre", {}, delivery.response_body))),
      element("td", {}, delivery.duration_ms === null ? "" : `${delivery.duration_ms} ms`),
      element("td", {}, element("button", {
        type: "button", class: "plain",
        onclick: () => act("webhooks.redelivering", `deliveries/${delivery.id}/redeliver`),
      }, desk.text("webhooks.redeliver")))),
  });
  const act = (message, action, body) => attempt(main, async () => {
    await send("POST", `${path}/${action}`, { body });
    desk.announce(desk.text(message));
    await deliveries.reload();
  });
  const since = element("input", { type: "datetime-local", step: 1, required: true });
  const redeliverAll = (event) => {
    event.preventDefault();
    if (event.target.reportValidity()) act("webhooks.redelivering", "redeliver", { since: `${since.value.padEnd(19, ":00")}Z` });
  };
  return {
    reload: deliveries.reload,
    element: element("section", { class: "card" },
      element("h2", {}, desk.text("webhooks.deliveries")),
      element("p", { class: "actions" },
        element("button", { type: "button", onclick: () => act("webhooks.testing", "test") }, desk.text("webhooks.test")),
        element("button", { type: "button", onclick: () => deliveries.reload() }, desk.text("list.refresh"))),
      deliveries.element,
      element("form", { class: "bar-form", onsubmit: redeliverAll },
        element("label", {}, desk.text("webhooks.since"), " (UTC) ", since),
        element("button", {}, desk.text("webhooks.redeliver_all")))),
  };
}
