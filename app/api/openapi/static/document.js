// What both pages show: the document at `address`, made fit for trying requests from a page.

const base = new URL("../../", import.meta.url)

export const address = new URL("openapi.json", base).href

export function shown(document) {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
  const parameters = operations.flatMap((operation) => operation.parameters ?? [])
  for (const parameter of parameters) {
    // Both programs send each example that they find. One for every filter finds nothing at all,
    // so those of parameters that can be left out are only told.
    if (!parameter.required && "example" in parameter) {
      parameter.description += ` For example \`${parameter.example}\`.`
      delete parameter.example
    }
    // Swagger UI 5.35 looks for a field made for 32-bit integers, and complains that it has none.
    for (const schema of [parameter.schema, parameter.schema.items ?? {}]) {
      if (schema.format === "int32") delete schema.format
    }
  }
  // Requests go to the host that served the page, whatever public address the document names:
  // the page's policy allows no other.
  return { ...document, servers: [{ url: base.href.replace(/\/$/, "") }] }
}
