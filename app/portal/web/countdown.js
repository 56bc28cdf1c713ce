// Countdown timers for launches with a known time.

let clock;

export async function enhanceCountdowns(root, ready) {
  clearInterval(clock);
  const timers = [...root.querySelectorAll("[data-until]")];
  if (!timers.length) return;
  const { strings } = await ready;

  const tick = () => {
    for (const timer of timers) {
      const left = Math.floor((new Date(timer.dataset.until) - Date.now()) / 1000);
      timer.hidden = left < 0;
      const parts = [left / 86400, (left / 3600) % 24, (left / 60) % 60, left % 60].map(Math.floor);
      timer.replaceChildren(...parts.map((part, n) => {
        const element = document.createElement("span");
        element.append(
          String(part).padStart(n ? 2 : 1, "0"),
          Object.assign(document.createElement("small"), { textContent: strings.units[n] }),
        );
        return element;
      }));
    }
  };
  tick();
  clock = setInterval(tick, 1000);
}
