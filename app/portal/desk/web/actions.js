// Actions of buttons: confirmation, and problems.

import { Problem } from "./api.js";
import { ask } from "./dom.js";
import { clearProblems, showProblem } from "./forms.js";

/** Run an action; its problem is shown at the start of `place`. */
export async function attempt(place, action) {
  clearProblems(place);
  try {
    await action();
  } catch (problem) {
    if (problem.name === "AbortError") return; // another screen is shown
    if (!(problem instanceof Problem)) throw problem;
    showProblem(place, problem);
  }
}

/** Ask for the confirmation of an action; the text of its button is `{key}.do`. */
export async function confirm(desk, key, values = {}) {
  const answer = await ask({
    title: desk.text(key, values),
    buttons: [
      { value: "yes", label: desk.text(`${key}.do`), kind: "danger" },
      { value: "", label: desk.text("cancel") },
    ],
  });
  return answer === "yes";
}
