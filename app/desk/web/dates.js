// Dates and times in the time zone of the portal.

import { LANG, TIME_ZONE } from "./api.js";

/** Locale of dates, as the portal's. */
export const LOCALE = { en: "en-GB", ru: "ru-RU" }[LANG];

const moments = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short", timeZone: TIME_ZONE });
const days = new Intl.DateTimeFormat("en-CA", { timeZone: TIME_ZONE }); // YYYY-MM-DD
const clocks = new Intl.DateTimeFormat(LOCALE, { timeStyle: "short", timeZone: TIME_ZONE });

/** Date and time as text; a dash for null. */
export const momentText = (time) => (time ? moments.format(new Date(time)) : "–");

/** Day of a time, such as `2031-04-04`. */
export const dayOf = (time) => days.format(new Date(time));

/** Time of the day as text. */
export const clockText = (time) => clocks.format(new Date(time));
