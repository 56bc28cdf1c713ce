// Button that switches between the light and the dark theme, and stores the choice.

/** Show the button of the bar, which works with scripts only. */
export function enhanceThemeButton() {
  const button = document.querySelector(".theme");
  const isDark = () =>
    (document.documentElement.dataset.theme
      || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  button.hidden = false;
  button.setAttribute("aria-pressed", String(isDark()));
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    localStorage.setItem("theme", document.documentElement.dataset.theme);
    button.setAttribute("aria-pressed", String(isDark()));
  });
}
