// The slider of the station's page: shows any day without loading a page.

const DAY_MS = 86400e3;
const SETTLE_DELAY_MS = 300; // browsers limit the rate at which the URL may be replaced

const toDay = (ms) => new Date(ms).toISOString().slice(0, 10);

/** Return the same day of the month `months` later, or the last day of that month. */
function shiftMonths(day, months) {
  const [year, month, number] = day.split("-").map(Number);
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return toDay(Date.UTC(year, month - 1 + months, Math.min(number, last)));
}

/**
 * Show the slider. `showParts` renders the parts of the screen that depend on the day, and
 * `settle` updates the URL and what depends on it; `navigate` shows a problem.
 */
export async function enhanceStation(root, ready, { showParts, settle, navigate }) {
  const form = root.querySelector("[data-days]");
  if (!form) return;
  const { filters } = await ready;
  if (!form.isConnected) return;
  const input = form.querySelector("#on");
  const slider = form.querySelector("#slider");
  const first = Date.parse(input.min);
  const numberOf = (day) => Math.round((Date.parse(day) - first) / DAY_MS);
  const urlOf = (day) => {
    const url = new URL(location.href);
    url.searchParams.set("on", day);
    url.hash = "";
    return url;
  };

  let wanted = input.value;
  let shown = wanted;
  let isLoading = false;
  let timer;

  function mark(day) {
    input.value = day;
    slider.value = numberOf(day);
    slider.setAttribute("aria-valuetext", filters.date(day, "day"));
  }

  /** Show the wanted day. One request at a time: days that were passed meanwhile are skipped. */
  async function load() {
    if (isLoading) return;
    isLoading = true;
    try {
      while (wanted !== shown && form.isConnected) {
        const day = wanted;
        await showParts(urlOf(day), form);
        shown = day;
      }
    } catch {
      if (form.isConnected) navigate(urlOf(wanted));
    } finally {
      isLoading = false;
    }
    clearTimeout(timer);
    timer = setTimeout(() => form.isConnected && settle(urlOf(shown)), SETTLE_DELAY_MS);
  }

  function select(day) {
    wanted = day;
    mark(day);
    load();
  }

  slider.max = numberOf(input.max);
  mark(wanted);
  for (const element of form.querySelectorAll("[hidden]")) element.hidden = false;
  if (!new URL(location.href).searchParams.has("on")) settle(urlOf(wanted), { isSilent: true });

  slider.addEventListener("input", () => select(toDay(first + slider.valueAsNumber * DAY_MS)));
  slider.addEventListener("keydown", (event) => {
    if (event.key !== "PageUp" && event.key !== "PageDown") return;
    event.preventDefault();
    const day = shiftMonths(wanted, event.key === "PageUp" ? 1 : -1);
    select([input.min, day, input.max].sort()[1]);
  });
  const submit = () => input.value && input.checkValidity() && select(input.value);
  input.addEventListener("change", submit);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
}
