import { address, shown } from "./document.js"

const Shown = {
  statePlugins: {
    spec: { wrapActions: { updateJsonSpec: (update) => (document) => update(shown(document)) } },
  },
}

const dark = window.matchMedia("(prefers-color-scheme: dark)")
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches)
dark.addEventListener("change", follow)
follow()

window.SwaggerUIBundle({
  dom_id: "#docs",
  url: address,
  deepLinking: true,
  plugins: [Shown],
  validatorUrl: null, // it would send the document to another host
})
