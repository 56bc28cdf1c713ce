// Buttons of an article: what its status and the scopes of the key allow.

import { attempt, confirm } from "../actions.js";
import { send } from "../api.js";
import { momentText } from "../dates.js";
import { element, fill } from "../dom.js";
import { originalPanel } from "./original.js";
import { showPreviewLinks } from "./preview-links.js";

/** Statuses in which an author, who cannot publish, edits an article. */
const AUTHOR_STATUSES = ["draft", "unpublished"];

/**
 * Bar of buttons. `state` has the `article` (null before its creation) and the `document` of the
 * form; `save`, `act(action)` and `remove` are the screen's. `update` follows a change of the state.
 */
export function articleActions({ desk, state, save, act, remove }) {
  const { text } = desk;
  const mayPublish = desk.can("articles:write");
  const mayWrite = desk.can("articles:write", "articles:draft");
  const bar = element("div", { class: "actions save", role: "group", "aria-label": text("list.actions") });
  const button = (key, action, kind, values) => element("button", { type: "button", class: kind, onclick: action }, text(key, values));

  const mayEdit = () => {
    const { article } = state;
    if (article?.status === "deleted") return false;
    return mayPublish || (mayWrite && (!article || AUTHOR_STATUSES.includes(article.status)));
  };

  function publishButton({ article, document }) {
    const at = document.published_at;
    const isLater = at && Date.parse(at) > Date.now();
    if (isLater) return article.status === "scheduled" ? null : button("article.schedule", () => act("publish"), "", { at: momentText(at) });
    return button("article.publish", () => act("publish"));
  }

  function buttonsOf(current) {
    const { article } = current;
    const { status, slug } = article;
    if (status === "deleted") return [mayPublish && button("article.restore", () => act("restore"))];
    const isPublic = status === "published";
    return [
      mayPublish && !isPublic && publishButton(current),
      mayPublish && (isPublic || status === "scheduled") && button("article.unpublish", () => act("unpublish")),
      mayEdit() && !isPublic && button("article.preview_link", async () => (await save()) && showPreviewLinks(desk, state.article.slug)),
      isPublic && element("a", { class: "button", href: article.html_url }, text("article.page")),
      mayWrite && element("a", { class: "button", href: `#/articles/new?translation_of=${slug}` }, text("article.translate")),
      article.translations.map(({ slug: other, language }) => button("article.beside", () => showBeside(other), "", { language })),
      element("a", { class: "button", href: `#/history/articles/${slug}` }, text("article.history")),
      isPublic && desk.can("missions:write") && article.missions.map((mission) =>
        button("article.lead_of", () => attempt(bar.parentElement, () => lead(mission)), "", { mission: mission.name })),
      mayPublish && !isPublic && button("article.delete", async () => {
        if (await confirm(desk, "article.delete_question", { title: article.title })) await remove();
      }, "danger"),
    ];
  }

  /** Make the article the lead article of a mission. */
  async function lead(mission) {
    const { etag } = await send("GET", `missions/${mission.slug}`);
    await send("PATCH", `missions/${mission.slug}`, { body: { featured_article: state.article.slug }, etag });
    desk.announce(text("article.is_lead_of", { mission: mission.name }));
  }

  async function showBeside(slug) {
    const { data } = await send("GET", `articles/${slug}/preview`, { signal: desk.signal });
    const column = bar.parentElement.querySelector(".editing > div:last-child > div");
    const panel = originalPanel(desk, data);
    fill(column, panel);
    panel.scrollIntoView({ block: "nearest" });
  }

  let shown = "";

  /** Show the buttons again if they are others, so that the focus stays. */
  function update() {
    const { article, document } = state;
    const isLater = Boolean(document.published_at) && Date.parse(document.published_at) > Date.now();
    const now = JSON.stringify([article?.slug, article?.status, article?.version, isLater && document.published_at]);
    if (now === shown) return;
    shown = now;
    const saveKey = article && !["draft", "unpublished"].includes(article.status) ? "article.save_changes" : "article.save";
    fill(bar, mayEdit() && button(saveKey, () => save(), "primary"), article && buttonsOf(state));
  }

  return { element: bar, update, mayEdit };
}
