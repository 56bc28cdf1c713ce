// A secret of the API that is shown once.

import { element, fill } from "./dom.js";

/** Show `secret` in `place`, with a button that copies it. */
export function showSecret(place, desk, secret, message) {
  const text = element("input", { type: "text", readonly: true, value: secret, "aria-label": desk.text("secret.label") });
  const copy = async () => {
    text.select();
    await navigator.clipboard.writeText(secret);
    desk.announce(desk.text("secret.copied"));
  };
  fill(place, element("section", { class: "card secret", tabindex: -1, "aria-label": message },
    element("p", {}, message, " ", desk.text("secret.once")),
    element("p", { class: "bar-form" }, text,
      element("button", { type: "button", onclick: copy }, desk.text("secret.copy")))));
  place.firstElementChild.focus();
}
