// Dialog with the preview links of an article: for colleagues without a key.

import { send } from "../api.js";
import { attempt } from "../actions.js";
import { copyButton } from "../copy.js";
import { momentText } from "../dates.js";
import { element, fill, openDialog } from "../dom.js";
import { field } from "../forms.js";

const HOURS = [24, 48, 168, 720];
const DEFAULT_HOURS = 168;

/** Show the links of the article `slug`; new ones are shown once, with their URL. */
export async function showPreviewLinks(desk, slug) {
  const { text } = desk;
  const path = `articles/${slug}/preview-links`;
  const links = element("ul", { class: "articles" });
  const created = element("div", { role: "status" });
  const hours = element("select", {}, HOURS.map((value) =>
    element("option", { value, selected: value === DEFAULT_HOURS }, desk.counted(value / 24, "preview.days"))));
  const content = element("div", {});
  fill(content,
    element("p", {}, text("preview.help")),
    field({ label: text("preview.valid"), control: hours }),
    element("p", { class: "actions" },
      element("button", { type: "button", class: "primary", onclick: () => attempt(content, create) }, text("preview.create"))),
    created, links,
    element("form", { method: "dialog", class: "actions" }, element("button", {}, text("close"))));

  async function create() {
    const { data } = await send("POST", path, { body: { expires_in_hours: Number(hours.value) } });
    const url = element("input", { type: "text", readonly: true, value: data.url, onfocus: ({ target }) => target.select() });
    fill(created,
      field({ label: text("preview.url"), hint: text("preview.until", { at: momentText(data.expires_at) }), control: url }),
      element("p", { class: "actions" }, copyButton(desk, url)));
    url.focus();
    await list();
  }

  async function list() {
    const { data } = await send("GET", path, { signal: desk.signal });
    fill(links, data.items.map(({ id, expires_at: expiresAt }) => element("li", {},
      element("span", {}, text("preview.link", { id, at: momentText(expiresAt) })),
      element("button", { type: "button", class: "danger", "aria-label": text("preview.revoke_link", { id }), onclick: () =>
        attempt(content, async () => {
          await send("DELETE", `${path}/${id}`);
          fill(created);
          await list();
        }) }, text("preview.revoke")))));
  }

  openDialog({ title: text("preview.title"), content });
  await attempt(content, list);
}
