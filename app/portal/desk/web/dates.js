// Dates and times in the time zone of the portal, for people and for fields of forms.

import { LANG, TIME_ZONE } from "./api.js";

/** Locale of dates, as the portal's. */
export const LOCALE = { en: "en-GB", ru: "ru-RU" }[LANG];

const moments = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short", timeZone: TIME_ZONE });
const days = new Intl.DateTimeFormat("en-CA", { timeZone: TIME_ZONE }); // YYYY-MM-DD
const clocks = new Intl.DateTimeFormat(LOCALE, { timeStyle: "short", timeZone: TIME_ZONE });
const localParts = new Intl.DateTimeFormat("en", {
  timeZone: TIME_ZONE, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
  hour: "2-digit", minute: "2-digit", second: "2-digit",
});

/** Date and time as text; a dash for null. */
export const momentText = (time) => (time ? moments.format(new Date(time)) : "–");

/** Day of a time, such as `2031-04-04`. */
export const dayOf = (time) => days.format(new Date(time));

/** Time of the day as text. */
export const clockText = (time) => clocks.format(new Date(time));

/** An instant as local time of the portal, such as `2019-04-04T14:01:36`; empty for null. */
export function toLocal(at) {
  if (!at) return "";
  const { year, month, day, hour, minute, second } = Object.fromEntries(
    localParts.formatToParts(new Date(at)).map(({ type, value }) => [type, value]),
  );
  return `${year.padStart(4, "0")}-${month}-${day}T${hour}:${minute}:${second}`;
}

/** The instant (RFC 3339, UTC) of a local time of the portal; null for an empty one. */
export function toInstant(local) {
  const wanted = Date.parse(`${local}Z`);
  if (Number.isNaN(wanted)) return null;
  let at = wanted;
  for (let n = 0; n < 2; n += 1) at += wanted - Date.parse(`${toLocal(at)}Z`); // the second time after a change of the clocks
  return new Date(at).toISOString().replace(".000Z", "Z");
}
