const button = document.querySelector(".theme");
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

const isDark = () => (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
const show = () => button.setAttribute("aria-pressed", String(isDark()));

button.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
  show();
});
dark.addEventListener("change", show);
show();

for (const code of document.querySelectorAll(".code")) {
  const copy = Object.assign(document.createElement("button"), { type: "button", className: "copy", textContent: "Copy" });
  copy.addEventListener("click", async () => {
    // Of a session: the commands, without the prompts and the responses.
    const text = code.querySelector("code").textContent;
    const commands = [...text.matchAll(/^\$ ((?:.*\\\n)*.*)$/gm)].map(([, command]) => command);
    await navigator.clipboard.writeText(commands.length ? commands.join("\n") : text);
    copy.textContent = "Copied";
  });
  code.append(copy);
}
