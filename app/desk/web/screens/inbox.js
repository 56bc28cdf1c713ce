// Inbox: articles that are not public, last updated first.

import { send } from "../api.js";
import { element, fill } from "../dom.js";

export async function show(main, parameters, desk) {
  const { data } = await send("GET", "drafts", { signal: desk.signal });
  fill(main,
    element("h1", {}, desk.text("inbox.title")),
    element("ul", { class: "card news" }, data.items.map((article) => element("li", {},
      element("h3", { lang: article.language }, element("a", { href: `#/articles/${article.slug}` }, article.title))))));
}
