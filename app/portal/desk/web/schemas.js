// JSON Schemas of the OpenAPI document, from which forms are made, and translations of their texts.

import { LANG, getJson } from "./portal/api.js";

let components = null;
let hints = null;

/** Load the schemas of all request bodies, once. */
export async function loadSchemas() {
  hints ??= LANG === "en" ? {} : await (await fetch(new URL(`strings/hints.${LANG}.json`, import.meta.url))).json();
  components ??= (await getJson("/openapi.json")).components.schemas;
}

/** A hint, which the OpenAPI document has in English, in the language of the desk; empty if unknown. */
export const translateHint = (english) => (LANG === "en" ? english : hints[english] ?? "");

/** Schema with one `type`: `$ref` and `anyOf` are resolved, null is in `nullable`. */
export function resolve(schema) {
  const { $ref, anyOf, ...own } = schema;
  if ($ref) return resolve({ ...components[$ref.split("/").at(-1)], ...own });
  if (anyOf) {
    const [option] = anyOf.filter(({ type }) => type !== "null");
    return { ...resolve(option), ...own, nullable: anyOf.some(({ type }) => type === "null") };
  }
  if (!Array.isArray(own.type)) return own;
  return {
    ...own,
    type: own.type.find((name) => name !== "null"),
    nullable: own.type.includes("null"),
    ...(own.enum && { enum: own.enum.filter((value) => value !== null) }),
  };
}

/** Resolved schema of a component, such as `LaunchWrite`. */
export const getSchema = (name) => resolve({ $ref: name });
