// Field for the picture of an article: one of the library, a new one, or one on another site.

import { attempt } from "../actions.js";
import { LANG, Problem, ROOT, send } from "../api.js";
import { debounce, element, fill, openDialog } from "../dom.js";
import { clearProblems, field, showProblem } from "../forms.js";

const SEARCH_MS = 300;
const MAX_PICTURES = 24;
const NO_PICTURE = { media: null, url: null, alt: null, credit: null };

/** URL of a file of the library on this host, whatever the public URL is. */
function fileUrl({ url, srcset }) {
  const file = srcset.find(({ type, width }) => type === "image/jpeg" && width >= 160)?.url ?? url;
  return new URL(`${ROOT.pathname}media/${file.split("/media/")[1]}`, ROOT).href;
}

/** A picture with its credit; of a picture on another site only its address, which is not loaded. */
function figure(image) {
  const caption = [image.credit, image.licence].filter(Boolean).join(" · ");
  return element("figure", { class: "picture" },
    image.srcset?.length ? element("img", { src: fileUrl(image), alt: image.alt, loading: "lazy" })
      : element("p", {}, image.alt ?? "", " ", element("code", {}, image.url ?? image.media)),
    caption && element("figcaption", { class: "quiet" }, caption));
}

/**
 * Field for a picture. The returned element has `value`: null, an image as the API returns it, or
 * one to be written; `set(value)` shows another.
 */
export function pictureField({ desk, onchange }) {
  const { text } = desk;
  const shown = element("div", {});
  const button = (key, action) => element("button", { type: "button", onclick: action }, text(`picture.${key}`));
  const remove = button("remove", () => choose(null));
  const box = element("fieldset", { class: "field", "data-pointer": "/image" },
    element("legend", {}, text("field.image")), shown,
    element("p", { class: "actions" },
      button("choose", () => chooseFromLibrary(desk, choose)),
      desk.can("media:write") && button("upload", () => upload(desk, choose)),
      button("elsewhere", () => nameOther(desk, choose)), remove),
    element("p", { class: "error", hidden: true }));

  box.set = (value, image = value) => {
    box.value = value;
    fill(shown, value ? figure(image) : element("p", { class: "empty" }, text("picture.none")));
    remove.hidden = !value;
  };

  function choose(value, image) {
    box.set(value, image);
    desk.announce(text(value ? "picture.chosen" : "picture.none"));
    onchange();
  }

  box.set(null);
  return box;
}

/**
 * A dialog with a form. `submit(signal)` closes it unless it rejects: a problem is shown at the
 * fields. The signal is aborted when the dialog is closed.
 */
function openForm(desk, { title, content, label, submit }) {
  const controller = new AbortController();
  const save = element("button", { class: "primary" }, label);
  const form = element("form", { method: "dialog", novalidate: true, onsubmit: async (event) => {
    if (event.submitter?.value === "cancel") return;
    event.preventDefault();
    clearProblems(form);
    save.disabled = true;
    try {
      await submit(controller.signal);
      dialog.close();
    } catch (problem) {
      if (problem.name === "AbortError") return;
      showProblem(form, { ...problem, detail: problem.detail || problem.message || desk.text("no_connection") });
    } finally {
      save.disabled = false;
    }
  } }, content,
    element("p", { class: "actions" }, save, element("button", { value: "cancel", formnovalidate: true }, desk.text("cancel"))));
  const dialog = openDialog({ title, content: form, onclose: () => controller.abort() });
}

/** Choose a published picture in a dialog: `choose(value, image)` takes it as it is written, and as it is read. */
export function chooseFromLibrary(desk, choose) {
  const { text } = desk;
  const pictures = element("ul", { class: "pictures" });
  let controller = null;
  const words = element("input", { type: "search", oninput: debounce(load, SEARCH_MS) });
  const content = element("div", {}, field({ label: text("picture.search"), control: words }), pictures,
    element("form", { method: "dialog", class: "actions" }, element("button", {}, text("cancel"))));
  const dialog = openDialog({ title: text("picture.choose"), content, onclose: () => controller.abort() });
  load();

  async function load() {
    controller?.abort();
    controller = new AbortController();
    const { signal } = controller;
    await attempt(content, async () => {
      const { data } = await send("GET", "media", { query: { q: words.value.trim(), limit: MAX_PICTURES }, signal });
      fill(pictures, data.items.map(({ slug, image }) => element("li", {},
        element("button", { type: "button", onclick: () => {
          dialog.close();
          choose({ ...NO_PICTURE, media: slug }, image);
        } }, figure(image)))));
      if (data.items.length === 0) fill(pictures, element("li", { class: "empty" }, text("list.empty")));
    });
  }
}

function upload(desk, choose) {
  const { text } = desk;
  const file = element("input", { type: "file", accept: "image/jpeg,image/png,image/webp,image/avif,image/gif,image/svg+xml", required: true });
  const inputs = Object.fromEntries(["alt", "alt_ru", "credit", "licence"].map((name) =>
    [name, element("input", { type: "text", required: name !== "credit" })]));
  openForm(desk, {
    title: text("picture.upload"),
    label: text("picture.upload"),
    content: [
      field({ label: text("picture.file"), hint: text("picture.file_hint"), pointer: "/file", control: file }),
      ...Object.entries(inputs).map(([name, control]) => field({ label: text(`picture.${name}`), pointer: `/${name}`, control,
        hint: name === "licence" ? text("picture.licence_hint") : "" })),
    ],
    async submit(signal) {
      const metadata = Object.fromEntries(Object.entries(inputs).map(([name, { value }]) => [name, value.trim() || null]));
      const body = new FormData();
      body.append("file", file.files[0] ?? new Blob([]), file.files[0]?.name ?? "");
      body.append("metadata", JSON.stringify({ ...metadata, licence: metadata.licence ?? "unknown", published: true }));
      const { data } = await send("POST", "media", { body, signal });
      choose({ ...NO_PICTURE, media: data.slug }, { ...data.image, alt: LANG === "ru" ? data.alt_ru : data.alt });
    },
  });
}

function nameOther(desk, choose) {
  const { text } = desk;
  const inputs = { url: element("input", { type: "url" }), alt: element("input", { type: "text" }), credit: element("input", { type: "text" }) };
  openForm(desk, {
    title: text("picture.elsewhere"),
    label: text("picture.use"),
    content: Object.entries(inputs).map(([name, control]) => field({ label: text(name === "alt" ? "picture.alt_any" : `picture.${name}`), pointer: `/${name}`, control })),
    async submit() {
      const value = Object.fromEntries(Object.entries(inputs).map(([name, { value: typed }]) => [name, typed.trim() || null]));
      if (!value.url || !value.alt) throw new Problem({ detail: text("picture.incomplete") });
      choose({ ...NO_PICTURE, ...value });
    },
  });
}
