// Calendar navigation by keyboard (arrows, Page Up, Page Down, Home, End) and by swiping.

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
const MIN_SWIPE_PX = 48;

/** Arrow keys move between days with news, and from the last one to the next month. */
export function enhanceCalendar(root, navigate) {
  const calendar = root.querySelector("[data-calendar]");
  if (!calendar) return;
  const days = [...calendar.querySelectorAll("[data-date]")];
  const changeMonth = (direction, keep) => {
    const link = calendar.querySelector(`.month [rel="${direction < 0 ? "prev" : "next"}"]`);
    return link && navigate(link.href, { keep: keep ?? `#${link.id}` });
  };

  calendar.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const at = days.indexOf(document.activeElement);
    if (event.key === "PageUp" || event.key === "PageDown") {
      event.preventDefault();
      changeMonth(event.key === "PageUp" ? -1 : 1, at < 0 ? undefined : "[data-date]");
    } else if (at >= 0 && (event.key === "Home" || event.key === "End")) {
      event.preventDefault();
      days.at(event.key === "Home" ? 0 : -1).focus();
    } else if (at >= 0 && event.key in STEPS) {
      event.preventDefault();
      const step = STEPS[event.key];
      const target = Number(days[at].dataset.date.slice(8)) + step;
      const isBeyond = (day) => (Number(day.dataset.date.slice(8)) - target) * Math.sign(step) >= 0;
      const next = step > 0 ? days.find(isBeyond) : days.findLast(isBeyond);
      if (next) next.focus();
      else changeMonth(step, step > 0 ? "[data-date]" : "tr:last-child [data-date], [data-date]");
    }
  });

  let start = null;
  calendar.addEventListener("pointerdown", (event) => {
    start = event.pointerType === "mouse" ? null : { x: event.clientX, y: event.clientY };
  });
  calendar.addEventListener("pointerup", (event) => {
    if (!start) return;
    const [x, y] = [event.clientX - start.x, event.clientY - start.y];
    if (Math.abs(x) > MIN_SWIPE_PX && Math.abs(x) > 2 * Math.abs(y)) changeMonth(x > 0 ? -1 : 1);
  });
}
