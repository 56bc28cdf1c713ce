// The calendar by keyboard (arrows, Page Up, Page Down, Home, End) and by swiping.

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
const FAR = 48; // pixels: less than this is no swipe

/** Days are links where there is news; arrows go to the next of them, beyond the edge to the next month. */
export function enhanceCalendar(root, navigate) {
  const calendar = root.querySelector("[data-calendar]");
  if (!calendar) return;
  const days = [...calendar.querySelectorAll("[data-date]")];
  const turn = (way, keep) => {
    const link = calendar.querySelector(`.month [rel="${way < 0 ? "prev" : "next"}"]`);
    return link && navigate(link.href, { keep: keep ?? `#${link.id}` });
  };

  calendar.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const at = days.indexOf(document.activeElement);
    if (event.key === "PageUp" || event.key === "PageDown") {
      event.preventDefault();
      turn(event.key === "PageUp" ? -1 : 1, at < 0 ? undefined : "[data-date]");
    } else if (at >= 0 && (event.key === "Home" || event.key === "End")) {
      event.preventDefault();
      days.at(event.key === "Home" ? 0 : -1).focus();
    } else if (at >= 0 && event.key in STEPS) {
      event.preventDefault();
      const step = STEPS[event.key];
      const wanted = Number(days[at].dataset.date.slice(8)) + step;
      const beyond = (day) => (Number(day.dataset.date.slice(8)) - wanted) * Math.sign(step) >= 0;
      const next = step > 0 ? days.find(beyond) : days.findLast(beyond);
      if (next) next.focus();
      else turn(step, step > 0 ? "[data-date]" : "tr:last-child [data-date], [data-date]");
    }
  });

  let start = null;
  calendar.addEventListener("pointerdown", (event) => {
    start = event.pointerType === "mouse" ? null : { x: event.clientX, y: event.clientY };
  });
  calendar.addEventListener("pointerup", (event) => {
    if (!start) return;
    const [x, y] = [event.clientX - start.x, event.clientY - start.y];
    if (Math.abs(x) > FAR && Math.abs(x) > 2 * Math.abs(y)) turn(x > 0 ? -1 : 1);
  });
}
