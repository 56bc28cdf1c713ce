// Texts to copy, such as secrets that are shown once.

import { element, fill } from "./dom.js";

/** Button that copies the value of `input`, or selects it where the browser cannot copy, as without HTTPS. */
export function copyButton(desk, input) {
  return element("button", { type: "button", onclick: async () => {
    input.focus();
    input.select();
    try {
      await navigator.clipboard.writeText(input.value);
      desk.announce(desk.text("copy.done"));
    } catch {
      desk.announce(desk.text("copy.selected"));
    }
  } }, desk.text("copy"));
}

/** Show `secret` in `place`. */
export function showSecret(place, desk, secret, message) {
  const text = element("input", { type: "text", readonly: true, value: secret, "aria-label": desk.text("secret.label") });
  fill(place, element("section", { class: "card secret", tabindex: -1, "aria-label": message },
    element("p", {}, message, " ", desk.text("secret.once")),
    element("p", { class: "bar-form" }, text, copyButton(desk, text))));
  place.firstElementChild.focus();
}
