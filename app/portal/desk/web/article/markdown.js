// Field for Markdown with buttons and shortcuts, and the preview of the text as the portal shows it.

import { Problem, send } from "../api.js";
import { debounce, element, fill, showHtml } from "../dom.js";
import { chooseFromLibrary } from "./picture.js";

const PREVIEW_MS = 400;

/** Marks around or before the selection, by the key that is pressed with Ctrl or Cmd, in any layout. */
const MARKS = {
  KeyB: { name: "bold", before: "**", after: "**" },
  KeyI: { name: "italic", before: "*", after: "*" },
  KeyK: { name: "link", before: "[", after: "](https://)" },
};
const LINE_MARKS = { heading: "## ", list: "- ", quote: "> " };

/** Replace the selection of a text area, so that the browser can undo it. */
function insert(area, text) {
  area.focus();
  if (!document.execCommand("insertText", false, text)) {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** A text area for Markdown. The returned element has `area`. */
export function markdownEditor({ desk, ...attributes }) {
  const area = element("textarea", { rows: 18, class: "markdown", spellcheck: "true", ...attributes, onkeydown: (event) => {
    const mark = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && MARKS[event.code];
    if (!mark) return;
    event.preventDefault();
    surround(mark);
  } });

  function surround({ before, after }) {
    const { selectionStart: start, selectionEnd: end } = area;
    insert(area, before + area.value.slice(start, end) + after);
    area.setSelectionRange(start + before.length, end + before.length);
  }

  function markLines(mark) {
    const start = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
    area.setSelectionRange(start, area.selectionEnd);
    insert(area, area.value.slice(start, area.selectionEnd).replace(/^/gm, mark));
  }

  function insertPicture() {
    chooseFromLibrary(desk, ({ media }, { alt }) => insert(area, `\n\n![${alt.replaceAll(/[[\]]/g, "")}](media:${media})\n\n`));
  }

  const button = (name, action) => element("button", { type: "button", class: "plain", onclick: action }, desk.text(`markdown.${name}`));
  const box = element("div", {},
    element("div", { class: "tools", role: "group", "aria-label": desk.text("markdown.tools") },
      Object.values(MARKS).map((mark) => button(mark.name, () => surround(mark))),
      Object.entries(LINE_MARKS).map(([name, mark]) => button(name, () => markLines(mark))),
      button("picture", insertPicture)),
    area);
  box.area = area;
  return box;
}

/**
 * Preview of an article. `update(document)` renders it after a moment without another one; with the
 * `html` of its body, as responses have it, at once.
 */
export function livePreview({ desk }) {
  const title = element("h3", {});
  const lead = element("p", { class: "lead" });
  const body = element("div", { class: "prose" });
  const article = element("article", {}, title, lead, body);
  let controller = null;
  let shownBody = null;
  let latest = null;

  const render = debounce(async () => {
    const { body: markdown } = latest;
    controller?.abort();
    if (markdown === shownBody) return;
    controller = new AbortController();
    if (!markdown.trim()) {
      fill(body);
    } else {
      try {
        const { data } = await send("POST", "articles/preview", { body: { body: markdown }, signal: controller.signal });
        showHtml(body, data.html);
      } catch (problem) {
        if (problem.name === "AbortError") return;
        if (!(problem instanceof Problem)) throw problem;
        if (problem.status === 429) {
          render(); // the previews before are still being rendered
          return;
        }
        fill(body, element("p", { class: "error" }, problem.errors?.[0]?.detail || problem.detail || desk.text("no_connection")));
        return;
      }
    }
    shownBody = markdown;
  }, PREVIEW_MS);

  return {
    element: element("section", { class: "card", "aria-label": desk.text("article.preview") },
      element("h2", {}, desk.text("article.preview")), article),
    update(document, html = null) {
      latest = document;
      article.lang = document.language;
      title.textContent = document.title;
      title.hidden = !document.title;
      lead.textContent = document.lead;
      if (html !== null) {
        render.cancel();
        controller?.abort();
        showHtml(body, html);
        shownBody = document.body;
      } else {
        render();
      }
    },
  };
}
