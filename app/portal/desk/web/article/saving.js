// The article that is edited: its version on the server, saving, and merging of others' changes.

import { send } from "../api.js";
import { isEqual, merge } from "../documents.js";
import { EMPTY, titlesOf, toDocument, toPatch } from "./document.js";

const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * State of an edited article. Methods reject with a Problem.
 *
 * `form`: reads and writes the document. `onupdate()` is called when another version was adopted,
 * `onconflict({ base, theirs, mine, resolve })` when the same field was changed twice: `resolve` takes
 * the chosen document. `mayAutosave()` is asked before each automatic request.
 */
export class EditedArticle {
  /** As the server has it; null before the creation. */
  article = null;
  isInConflict = false;
  /** Whether the last save has merged another's version. */
  hasMerged = false;
  #base = EMPTY;
  #etag = null;
  #pending = null;
  #creation = null; // a request whose response was lost, to be repeated
  #form;
  #callbacks;

  constructor(form, callbacks) {
    this.#form = form;
    this.#callbacks = callbacks;
  }

  get isDirty() {
    return Object.keys(toPatch(this.#base, this.#form.read())).length > 0;
  }

  get #path() {
    return `articles/${this.article.slug}`;
  }

  /** Open the article of a response, in place of what is in the form. */
  open({ data, etag }) {
    this.#take(data, etag);
    this.#form.write(this.#base, titlesOf(data));
    this.#callbacks.onupdate();
  }

  /** Save what has changed, after a save in progress. True if the server has it. */
  async save({ isAutomatic = false } = {}) {
    while (this.#pending) await this.#pending.catch(() => null);
    if (this.isInConflict) return false;
    this.hasMerged = false;
    this.#pending = this.#write(isAutomatic).finally(() => { this.#pending = null; });
    return this.#pending;
  }

  /**
   * Publish, unpublish or restore what is shown, after saving it. False if another has saved since:
   * their version is then merged or to be chosen from, and nothing is done with what was not seen.
   */
  async act(action) {
    return this.#unlessOutdated(async () => {
      if (!(await this.save())) return false;
      const sent = this.#form.read();
      this.#adopt(await send("POST", `${this.#path}/${action}`, { etag: this.#etag }), sent);
      return true;
    });
  }

  /** Move the article to the trash. False if another has saved since, as for `act`. */
  async remove() {
    return this.#unlessOutdated(async () => {
      await send("DELETE", this.#path, { etag: this.#etag });
      this.#base = this.#form.read();
      return true;
    });
  }

  /** The newest version and its editor if another has saved since; null if not. */
  async findNewer(signal) {
    if (!this.article || this.#pending || this.isInConflict) return null;
    const options = { signal, isBackground: true };
    const { version, slug } = this.article;
    const { data } = await send("GET", `articles/${slug}/preview`, { ...options, query: { fields: ["version"] } });
    if (data.version <= version || this.article.version !== version) return null;
    const { data: { items } } = await send("GET", `articles/${slug}/revisions`, { ...options, query: { limit: 1 } });
    return { version: data.version, name: items[0]?.actor?.name ?? null };
  }

  /** Merge the version that another has saved. False if the person has to choose. */
  async mergeTheirs() {
    const { data, etag } = await send("GET", `${this.#path}/preview`);
    const base = this.#base;
    const theirs = toDocument(data);
    const mine = this.#form.read();
    const { merged, conflicts } = merge(base, theirs, mine);
    const accept = (document) => {
      this.#take(data, etag);
      this.#form.write(document, titlesOf(data));
      this.#callbacks.onupdate();
    };
    if (conflicts.length === 0) {
      this.hasMerged = !isEqual(base, theirs);
      accept(merged);
      return true;
    }
    this.isInConflict = true;
    this.#callbacks.onconflict({ base, theirs, mine, resolve: (chosen) => {
      this.isInConflict = false;
      accept(chosen);
    } });
    return false;
  }

  async #write(isAutomatic) {
    if (isAutomatic && !this.#callbacks.mayAutosave()) return false;
    if (!this.article) return this.#create(isAutomatic);
    const sent = this.#form.read();
    const body = toPatch(this.#base, sent);
    if (Object.keys(body).length === 0) return true;
    try {
      this.#adopt(await send("PATCH", this.#path, { body, etag: this.#etag }), sent);
    } catch (problem) {
      if (problem.status !== 412) throw problem;
      return (await this.mergeTheirs()) && this.#write(isAutomatic);
    }
    return true;
  }

  async #create(isAutomatic) {
    const isRepeated = this.#creation !== null;
    const sent = this.#creation?.sent ?? this.#form.read();
    this.#creation ??= { sent, key: newKey(), body: { ...toPatch(EMPTY, sent), language: sent.language } };
    try {
      const { key, body } = this.#creation;
      this.#adopt(await send("POST", "articles", { key, body }), sent);
    } catch (problem) {
      if (problem.status !== 0) this.#creation = null;
      throw problem;
    }
    return isRepeated ? this.#write(isAutomatic) : true;
  }

  async #unlessOutdated(action) {
    try {
      return await action();
    } catch (problem) {
      if (problem.status !== 412) throw problem;
      await this.mergeTheirs();
      return false;
    }
  }

  #take(data, etag) {
    [this.article, this.#etag, this.#base] = [data, etag, toDocument(data)];
  }

  /** Take the version of a response. Fields that were edited after `sent` was sent stay as they are. */
  #adopt({ data, etag }, sent) {
    this.#take(data, etag);
    const typed = this.#form.read();
    const edited = Object.keys(this.#base).filter((name) => !isEqual(typed[name], sent[name]));
    this.#form.write({ ...this.#base, ...Object.fromEntries(edited.map((name) => [name, typed[name]])) }, titlesOf(data));
    this.#callbacks.onupdate();
  }
}
