// Types of records: their collections, and the fields that refer to them.

/** In place of a slug or an id in a hash: the form of a new record. No slug contains it. */
export const NEW = "+";

/** Facts by collection: the scope that writes them, and the schema of their documents. */
export const FACTS = {
  launches: { scope: "launches:write", schema: "LaunchWrite" },
  missions: { scope: "missions:write", schema: "MissionWrite" },
  people: { scope: "people:write", schema: "PersonWrite" },
  stays: { scope: "stays:write", schema: "StayWrite" },
  spacewalks: { scope: "spacewalks:write", schema: "SpacewalkWrite" },
  modules: { scope: "modules:write", schema: "ModuleWrite" },
  spacecraft: { scope: "spacecraft:write", schema: "ShipWrite" },
  "spacecraft-types": { scope: "spacecraft:write", schema: "SpacecraftTypeWrite" },
  vehicles: { scope: "vehicles:write", schema: "VehicleWrite" },
  sites: { scope: "sites:write", schema: "LaunchSiteWrite" },
  agencies: { scope: "agencies:write", schema: "AgencyWrite" },
};

/** Collections of the records that have versions. */
export const COLLECTIONS = ["articles", "media", ...Object.keys(FACTS)];

/** Type of the records that a field refers to, by the name of the field. */
export const REFERENCES = {
  agency: "agency",
  airlock: "module",
  arrived_with: "launch",
  featured_article: "article",
  landed_with: "launch",
  launch: "launch",
  maker: "agency",
  media: "media",
  mission: "mission",
  operator: "agency",
  parent: "agency",
  person: "person",
  port: "port",
  site: "site",
  to: "module",
  type: "spacecraft_type",
};

/** Scopes of which a key needs one to write records of a collection. */
export function writeScopes(collection) {
  if (collection === "articles") return ["articles:write", "articles:draft"];
  return [collection === "media" ? "media:write" : FACTS[collection].scope];
}

/** Title of a record of any type. */
export function titleOf(record) {
  const { title, headline, name, spacecraft, port, slug } = record;
  if (port && spacecraft) return `${spacecraft.name} – ${port.name}`;
  return title ?? headline ?? name ?? slug;
}

/** Hash of the screen that edits a record; null if there is none. */
export function editHash(collection, slug) {
  if (collection === "articles") return `#/articles/${slug}`;
  return collection in FACTS ? `#/facts/${collection}/${slug}` : null;
}
