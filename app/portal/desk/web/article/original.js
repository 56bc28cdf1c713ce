// The original of a translation, to read beside it.

import { send } from "../api.js";
import { element } from "../dom.js";

/** Element with an article's title, lead and Markdown text in its language. */
export function originalPanel(desk, article) {
  return element("section", { class: "card original", "aria-label": desk.text("article.original") },
    element("h2", {}, desk.text("article.original_in", { language: article.language })),
    element("div", { lang: article.language, tabindex: "0", role: "group", "aria-label": article.title },
      element("h3", {}, article.title),
      element("p", { class: "lead" }, article.lead),
      element("p", { class: "source-text" }, article.body)));
}

/** The picture of an article as it is written; null if there is none or its version is not known. */
export async function findWrittenImage({ slug, version, image }, signal) {
  if (!image) return null;
  const { data } = await send("GET", `articles/${slug}/revisions/${version}`, { signal });
  return data.record.image;
}
