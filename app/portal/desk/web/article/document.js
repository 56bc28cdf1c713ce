// Documents of articles: the fields that are written, from a response, and what has changed.

import { toPatch as changesOf } from "../documents.js";

/** A new article; `source` may be left to the server's default. */
export const EMPTY = Object.freeze({
  title: "", lead: "", body: "", language: document.documentElement.lang, slug: "",
  source: { name: "", url: null }, image: null, note: null, tags: [], missions: [], people: [],
  launches: [], published_at: null, published_at_precision: null, translation_of: null,
});
const REQUIRED = ["title", "lead", "body", "language"];

/** A text with the line breaks that text areas have. */
const withLineFeeds = (text) => text && text.replaceAll(/\r\n?/g, "\n");
const slugs = (records) => records.map(({ slug }) => slug);

/** The writable fields of an article as the API returns it. */
export function toDocument(article) {
  const texts = ["title", "lead", "body", "note"];
  const same = ["language", "slug", "image", "tags", "published_at", "published_at_precision"];
  return {
    ...Object.fromEntries(texts.map((name) => [name, withLineFeeds(article[name])])),
    ...Object.fromEntries(same.map((name) => [name, article[name]])),
    source: { name: article.source.name, url: article.source.url },
    missions: slugs(article.missions),
    people: slugs(article.people),
    launches: slugs(article.launches),
    translation_of: null,
  };
}

/** The fields of `after` that differ from `before`: a merge patch, or the start of a document. */
export function toPatch(before, after) {
  const patch = changesOf(before, after);
  if (!patch.slug) delete patch.slug;
  if (patch.source && !patch.source.name && !before.source.name) delete patch.source;
  return patch;
}

/** Whether an article can be created: the server needs these fields. */
export const isComplete = (document) => REQUIRED.every((name) => document[name]?.trim());

/** Titles of the related records by slug. */
export const titlesOf = ({ missions, people, launches }) => Object.fromEntries([
  ...missions.map(({ slug, name }) => [slug, name]),
  ...people.map(({ slug, name }) => [slug, name]),
  ...launches.map(({ slug, headline }) => [slug, headline]),
]);
