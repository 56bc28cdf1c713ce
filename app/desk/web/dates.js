// Instants in the time zone of the portal, for people and for fields of forms.

import { LANG, TIME_ZONE } from "./api.js";

const clock = new Intl.DateTimeFormat("en", {
  timeZone: TIME_ZONE, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
  hour: "2-digit", minute: "2-digit", second: "2-digit",
});
const shown = new Intl.DateTimeFormat(LANG, { timeZone: TIME_ZONE, dateStyle: "medium", timeStyle: "short" });

/** An instant for people, such as `Apr 4, 2019, 2:01 PM`; empty for null. */
export const formatInstant = (at) => (at ? shown.format(new Date(at)) : "");

/** An instant as local time of the portal, such as `2019-04-04T14:01:36`; empty for null. */
export function toLocal(at) {
  if (!at) return "";
  const { year, month, day, hour, minute, second } = Object.fromEntries(
    clock.formatToParts(new Date(at)).map(({ type, value }) => [type, value]),
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
