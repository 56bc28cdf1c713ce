// Search suggestions, as an ARIA combobox.

import { apiPath, getJson } from "./api.js";
import { links } from "./filters.js";

const TYPING_DELAY_MS = 150;

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
  let selected = -1;
  const select = (n) => {
    selected = n;
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === n)));
    if (n < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", options[n].id);
  };
  const open = (isOpen) => {
    list.hidden = !isOpen;
    input.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) select(-1);
  };

  const option = (item, n) => {
    const element = document.createElement("li");
    element.id = `suggestion-${n}`;
    element.setAttribute("role", "option");
    element.dataset.to = toFound(item);
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
    element.append(title, Object.assign(document.createElement("span"), {
      className: "quiet", textContent: strings.type[item.type],
    }));
    element.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      navigate(element.dataset.to);
    });
    return element;
  };

  let timer;
  let controller;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    controller?.abort();
    const q = input.value.trim();
    if (!q) return open(false);
    timer = setTimeout(async () => {
      controller = new AbortController();
      // The form works without suggestions, so errors are ignored.
      const { signal } = controller;
      const suggestions = await getJson(apiPath("suggest", { q, limit: 8 }), { signal })
        .catch(() => null);
      if (!suggestions || !input.isConnected) return;
      options = suggestions.items.map(option);
      list.replaceChildren(...options);
      select(-1);
      open(options.length > 0);
    }, TYPING_DELAY_MS);
    return undefined;
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") open(false);
    if (list.hidden || !["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) return;
    if (event.key === "Enter" && selected < 0) return;
    event.preventDefault();
    if (event.key === "Enter") navigate(options[selected].dataset.to);
    else if (event.key === "ArrowDown") select((selected + 1) % options.length);
    else select((Math.max(selected, 0) + options.length - 1) % options.length);
  });
  input.addEventListener("blur", () => open(false));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    controller?.abort();
    const q = input.value.trim();
    if (q) navigate(to("search", { q }));
  });
}
