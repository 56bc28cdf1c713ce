// Buttons of an article: what its status and the scopes of the key allow.

import { confirm } from "../actions.js";
import { send } from "../api.js";
import { momentText } from "../dates.js";
import { element, fill } from "../dom.js";
import { showPreviewLinks } from "./preview-links.js";

/** Statuses in which an author, who cannot publish, edits an article. */
const AUTHOR_STATUSES = ["draft", "unpublished"];

const isLater = ({ published_at: at }) => at !== null && Date.parse(at) > Date.now();

/**
 * Buttons of the edited article: `bar` has those that write it and stays in sight, `more` the others.
 * `save`, `act`, `remove`, `run` and `showOriginal` are the screen's; `update` follows a change.
 */
export function articleButtons({ desk, edited, form, save, act, remove, run, showOriginal }) {
  const { text } = desk;
  const mayPublish = desk.can("articles:write");
  const mayWrite = desk.can("articles:write", "articles:draft");
  const bar = element("div", { class: "actions save", role: "group", "aria-label": text("list.actions") });
  const more = element("div", { class: "actions more", role: "group", "aria-label": text("article.more") });
  const button = (key, action, kind, values) => element("button", { type: "button", class: kind, onclick: action }, text(key, values));
  const link = (key, href) => element("a", { class: "button", href }, text(key));

  function mayEdit() {
    const { article } = edited;
    if (article?.status === "deleted") return false;
    return mayPublish || (mayWrite && (!article || AUTHOR_STATUSES.includes(article.status)));
  }

  function publishButton({ status }) {
    const document = form.read();
    if (!isLater(document)) return button("article.publish", () => act("publish"));
    if (status === "scheduled") return null;
    return button("article.schedule", () => act("publish"), "", { at: momentText(document.published_at) });
  }

  function barButtons(article) {
    const { status } = article;
    const saveKey = AUTHOR_STATUSES.includes(status) ? "article.save" : "article.save_changes";
    const isOut = status === "published" || status === "scheduled";
    return [
      mayEdit() && button(saveKey, () => save(), "primary"),
      mayPublish && status === "deleted" && button("article.restore", () => act("restore")),
      mayPublish && status !== "deleted" && status !== "published" && publishButton(article),
      mayPublish && isOut && button("article.unpublish", () => act("unpublish")),
    ];
  }

  function moreButtons(article) {
    const { status, slug, translations, missions } = article;
    if (status === "deleted") return [];
    const isPublic = status === "published";
    return [
      isPublic ? link("article.page", article.html_url)
        : mayEdit() && button("article.preview_link", async () => (await save()) && showPreviewLinks(desk, edited.article.slug)),
      mayWrite && link("article.translate", `#/articles/new?translation_of=${slug}`),
      translations.map(({ slug: other, language }) => button("article.beside", () => run(() => open(other)), "", { language })),
      link("article.history", `#/history/articles/${slug}`),
      isPublic && desk.can("articles:write", "missions:write") && missions.map((mission) =>
        button("article.lead_of", () => run(() => lead(mission)), "", { mission: mission.name })),
      mayPublish && !isPublic && button("article.delete", async () => {
        if (await confirm(desk, "article.delete_question", { title: article.title })) await remove();
      }, "danger"),
    ];
  }

  /** Make the article the lead article of a mission. */
  async function lead(mission) {
    const { etag } = await send("GET", `missions/${mission.slug}`);
    await send("PUT", `missions/${mission.slug}/featured-article`, { body: { article: edited.article.slug }, etag });
    desk.announce(text("article.is_lead_of", { mission: mission.name }));
  }

  async function open(slug) {
    showOriginal((await send("GET", `articles/${slug}/preview`, { signal: desk.signal })).data);
  }

  let shown = "";

  /** Show the buttons again if they are others, so that the focus stays. */
  function update() {
    const { article } = edited;
    const document = form.read();
    const now = JSON.stringify([article?.slug, article?.status, article?.version, isLater(document) && document.published_at]);
    if (now === shown) return;
    shown = now;
    fill(bar, article ? barButtons(article) : mayEdit() && button("article.save", () => save(), "primary"));
    fill(more, article && moreButtons(article));
  }

  return { bar, more, update, mayEdit };
}
