// Form with all fields of an article.

import { send } from "../api.js";
import { toInstant, toLocal } from "../dates.js";
import { element } from "../dom.js";
import { field, multiPicker, picker } from "../forms.js";
import { markdownEditor } from "./markdown.js";
import { pictureField } from "./picture.js";

const MAX_SUGGESTIONS = 8;
const RECORD_TYPES = { missions: "mission", people: "person", launches: "launch" };

async function suggestTags(words, signal) {
  const { data } = await send("GET", "tags", { query: { q: words }, signal });
  return data.items.slice(0, MAX_SUGGESTIONS).map(({ tag, count }) => ({ slug: tag, title: tag, hint: String(count) }));
}

/** Text with the portal's time zone, such as `Europe/Moscow (GMT+3)`. */
function zoneText(desk) {
  const parts = new Intl.DateTimeFormat("en", { timeZone: desk.timeZone, timeZoneName: "shortOffset" }).formatToParts();
  return desk.text("article.zone", { zone: `${desk.timeZone} (${parts.find(({ type }) => type === "timeZoneName").value})` });
}

/**
 * The form of an article. `read()` returns its document; `write(document, titles, image)` fills it:
 * titles of related records by slug, and the image as the API returns it.
 */
export function articleForm({ desk, onchange }) {
  const { text } = desk;
  const titles = {};
  const input = (attributes) => element("input", { type: "text", autocomplete: "off", oninput: onchange, ...attributes });
  const controls = {
    title: input({ required: true, maxlength: 300 }),
    lead: element("textarea", { rows: 3, required: true, maxlength: 1000, oninput: onchange }),
    language: input({ required: true, maxlength: 3, list: "languages" }),
    slug: input({ maxlength: 120, spellcheck: "false" }),
    note: element("textarea", { rows: 2, maxlength: 1000, oninput: onchange }),
    source: input({ maxlength: 120 }),
    source_url: input({ type: "url", maxlength: 2000 }),
    published_at: input({ type: "datetime-local", step: 1 }),
  };
  const body = markdownEditor({ desk, required: true, maxlength: 100000, oninput: onchange });
  const removeLabel = (title) => text("article.remove", { title });
  const related = Object.fromEntries(Object.entries(RECORD_TYPES).map(([name, type]) =>
    [name, multiPicker({ type, titles, removeLabel, onchange })]));
  const tags = multiPicker({ suggest: suggestTags, free: true, removeLabel, onchange });
  const original = picker({ type: "article", onchange });
  const image = pictureField({ desk, onchange });
  let published = { at: null, precision: null, local: "" };

  const place = (name, control, hint = "", pointer = `/${name}`) =>
    field({ label: text(`field.${name}`), hint, pointer, control });
  const form = element("form", { class: "card", novalidate: true },
    element("datalist", { id: "languages" }, ["en", "ru"].map((value) => element("option", { value }))),
    place("title", controls.title),
    place("lead", controls.lead),
    place("body", body, text("article.markdown_hint")),
    image,
    element("div", { class: "fields" },
      place("published_at", controls.published_at, zoneText(desk)),
      place("tags", tags, text("article.tags_hint")),
      place("missions", related.missions), place("people", related.people), place("launches", related.launches),
      place("language", controls.language, text("article.language_hint")),
      place("source", controls.source), place("source_url", controls.source_url, "", "/source/url"),
      place("slug", controls.slug, text("article.slug_hint")),
      place("translation_of", original, text("article.translation_hint"))),
    place("note", controls.note, text("article.note_hint")));

  function publication() {
    const local = controls.published_at.value;
    if (local === published.local) return { published_at: published.at, published_at_precision: published.precision };
    const at = toInstant(local);
    return { published_at: at, published_at_precision: at && "second" };
  }

  return {
    element: form,
    read: () => ({
      title: controls.title.value,
      lead: controls.lead.value,
      body: body.area.value,
      language: controls.language.value.trim(),
      slug: controls.slug.value.trim(),
      source: { name: controls.source.value.trim(), url: controls.source_url.value.trim() || null },
      image: image.value,
      note: controls.note.value.trim() ? controls.note.value : null,
      tags: tags.value,
      missions: related.missions.value,
      people: related.people.value,
      launches: related.launches.value,
      ...publication(),
      translation_of: original.value || null,
    }),
    write(document, newTitles = {}, shownImage = document.image) {
      Object.assign(titles, newTitles);
      const setText = (control, value) => {
        if (control.value !== (value ?? "")) control.value = value ?? "";
      };
      for (const name of ["title", "lead", "language", "slug", "note"]) setText(controls[name], document[name]);
      setText(body.area, document.body);
      setText(controls.source, document.source.name);
      setText(controls.source_url, document.source.url);
      controls.published_at.value = toLocal(document.published_at);
      published = { at: document.published_at, precision: document.published_at_precision, local: controls.published_at.value };
      tags.set(document.tags);
      for (const name of Object.keys(RECORD_TYPES)) related[name].set(document[name]);
      if (original.value !== (document.translation_of ?? "")) {
        original.value = document.translation_of ?? "";
        original.input.value = original.value;
      }
      if (JSON.stringify(image.value) !== JSON.stringify(document.image)) image.set(document.image, shownImage);
    },
  };
}
