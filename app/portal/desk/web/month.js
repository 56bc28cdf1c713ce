// Months of the calendar, without time zones: `YYYY-MM`.

const DAY_MS = 86_400_000;

/** The month `count` months after `month`. */
export function addMonths(month, count) {
  const [year, number] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number - 1 + count, 1)).toISOString().slice(0, 7);
}

/** Weeks of a month from Monday on: lists of seven days `YYYY-MM-DD`, null outside the month. */
export function weeksOf(month) {
  const first = Date.parse(`${month}-01T00:00:00Z`);
  const before = (new Date(first).getUTCDay() + 6) % 7;
  const weeks = [];
  for (let start = first - before * DAY_MS; start === first - before * DAY_MS || inMonth(start, month); start += 7 * DAY_MS) {
    weeks.push(Array.from({ length: 7 }, (_, n) => start + n * DAY_MS)
      .map((day) => (inMonth(day, month) ? dateOf(day) : null)));
  }
  return weeks;
}

const dateOf = (time) => new Date(time).toISOString().slice(0, 10);
const inMonth = (time, month) => dateOf(time).startsWith(month);
