// Suggestions while a search is typed: a combobox as ARIA describes it.

import { address, get } from "./api.js";
import { links } from "./words.js";

const PAUSE = 150; // milliseconds: between two keys of somebody who types

export async function enhanceSearch(root, ready, navigate, base) {
  const form = root.querySelector("[data-suggest]");
  if (!form) return;
  const { strings } = await ready;
  const input = form.querySelector("#q");
  const list = Object.assign(document.createElement("ul"), {
    id: "suggestions", className: "suggestions", hidden: true,
  });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", strings.suggestions);
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false",
    "aria-controls": list.id,
  })) input.setAttribute(name, value);
  input.after(list);
  const { to, to_found: toFound } = links(base, new URLSearchParams(location.search).get("lang"), []);

  let options = [];
  let at = -1;
  const choose = (n) => {
    at = n;
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === n)));
    if (n < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", options[n].id);
  };
  const open = (isOpen) => {
    list.hidden = !isOpen;
    input.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) choose(-1);
  };

  const option = (item, n) => {
    const made = document.createElement("li");
    made.id = `suggestion-${n}`;
    made.setAttribute("role", "option");
    made.dataset.to = toFound(item);
    const title = document.createElement("span");
    const letters = Array.from(item.title);
    let from = 0;
    for (const { start, end } of item.highlights) {
      const mark = document.createElement("mark");
      mark.textContent = letters.slice(start, end).join("");
      title.append(letters.slice(from, start).join(""), mark);
      from = end;
    }
    title.append(letters.slice(from).join(""));
    made.append(title, Object.assign(document.createElement("span"), {
      className: "quiet", textContent: strings.type[item.type],
    }));
    made.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      navigate(made.dataset.to);
    });
    return made;
  };

  let pause;
  let asked;
  input.addEventListener("input", () => {
    clearTimeout(pause);
    asked?.abort();
    const q = input.value.trim();
    if (!q) return open(false);
    pause = setTimeout(async () => {
      asked = new AbortController();
      // Without suggestions a search can still be sent.
      const found = await get(address("suggest", { q, limit: 8 }), { signal: asked.signal })
        .catch(() => null);
      if (!found || !input.isConnected) return;
      options = found.items.map(option);
      list.replaceChildren(...options);
      choose(-1);
      open(options.length > 0);
    }, PAUSE);
    return undefined;
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") open(false);
    if (list.hidden || !["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) return;
    if (event.key === "Enter" && at < 0) return;
    event.preventDefault();
    if (event.key === "Enter") navigate(options[at].dataset.to);
    else if (event.key === "ArrowDown") choose((at + 1) % options.length);
    else choose((Math.max(at, 0) + options.length - 1) % options.length);
  });
  input.addEventListener("blur", () => open(false));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(pause);
    asked?.abort();
    const q = input.value.trim();
    if (q) navigate(to("search", { q }));
  });
}
