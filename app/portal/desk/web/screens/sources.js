// Sources: what each has brought, its last look and its errors; a look now, and their settings.

import { attempt, confirm } from "../actions.js";
import { send } from "../api.js";
import { momentText } from "../dates.js";
import { element, fill } from "../dom.js";
import { pages } from "../pages.js";
import { NEW } from "../record-types.js";
import { loadSchemas } from "../schemas.js";
import { showSettings } from "../settings-form.js";

const REPORT_COUNTS = ["created", "updated", "unchanged", "rejected", "proposed", "skipped"];

export async function show(main, [id], desk) {
  await loadSchemas();
  if (id !== undefined) {
    return showSettings(main, desk, { path: "sources", id, schema: "SourceWrite", title: (source) => source.name });
  }
  const sources = pages({
    desk, path: "sources",
    item: (source) => element("li", {},
      element("h2", {}, element("a", { href: `#/sources/${source.id}` }, source.name)),
      element("p", { class: "quiet" }, source.feed_url),
      element("dl", { class: "facts" },
        [
          ["keys.state", desk.text(source.enabled ? "list.enabled" : "list.disabled") + (source.disabled_reason ? `: ${source.disabled_reason}` : "")],
          ["sources.checked_at", momentText(source.checked_at)],
          ["sources.looked_at", momentText(source.looked_at)],
          ["sources.next_at", momentText(source.next_at)],
          ["sources.failures", String(source.failures)],
          source.last_error && ["list.last_error", source.last_error],
          source.last_report && ["sources.brought", REPORT_COUNTS
            .map((name) => `${desk.text(`sources.${name}`)}: ${source.last_report[name]}`).join(", ")],
        ].filter(Boolean).map(([key, text]) => [element("dt", {}, desk.text(key)), element("dd", {}, text)])),
      element("p", { class: "actions" },
        element("button", { type: "button", class: "plain", disabled: !source.enabled, onclick: () => look(source) }, desk.text("sources.look")),
        element("button", { type: "button", class: "plain danger", onclick: () => remove(source) }, desk.text("facts.delete")))),
  });

  const look = (source) => attempt(main, async () => {
    await send("POST", `sources/${source.id}/poll`);
    desk.announce(desk.text("sources.looking", { name: source.name }));
    await sources.reload();
  });

  async function remove(source) {
    if (!(await confirm(desk, "facts.delete_question", { title: source.name }))) return;
    await attempt(main, async () => {
      await send("DELETE", `sources/${source.id}`, { etag: `"${source.version}"` });
      desk.announce(desk.text("facts.deleted", { title: source.name }));
      await sources.reload();
    });
  }

  fill(main,
    element("h1", {}, desk.text("sources.title")),
    element("p", { class: "actions" },
      element("a", { class: "button", href: `#/sources/${NEW}` }, desk.text("facts.new")),
      element("button", { type: "button", onclick: () => sources.reload() }, desk.text("list.refresh"))),
    sources.element);
  return sources.reload();
}
