import { address, shown } from "./document.js"

// Zod inside it would try to compile its checks from strings, which the page's policy forbids.
globalThis.__zod_globalConfig = { jitless: true }

const { createApiReference } = await import("./scalar-1.72.1/standalone.esm.js")

async function load(input, settings) {
  const answer = await fetch(input, settings)
  if (answer.url !== address || !answer.ok) return answer
  return new Response(JSON.stringify(shown(await answer.json())), answer)
}

createApiReference("#docs", {
  url: address,
  customFetch: load,
  documentDownloadType: "direct", // the document as it is, not as it is shown
  // Without the next five, the page calls hosts of its makers; the sixth is a link to one.
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  showDeveloperTools: "never",
  hideClientButton: true,
  mcp: { disabled: true },
})
