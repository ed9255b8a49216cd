/** Times as people read them, by `Intl` alone. */
import type { Locale } from "../api/types.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A waiting time that ticks: 0:09, 12:40, 3 h, 2 d. */
export function ticking(since: string, now: number, locale: Locale): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)}:${String(seconds % MINUTE).padStart(2, "0")}`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ${String(Math.floor((seconds % HOUR) / MINUTE)).padStart(2, "0")}`;
  return `${Math.floor(seconds / DAY)} ${locale === "de" ? "T" : "d"}`;
}

type Unit = "second" | "minute" | "hour" | "day";

function span(since: string, now: number): [number, Unit] {
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  if (seconds < MINUTE) return [seconds, "second"];
  if (seconds < HOUR) return [Math.floor(seconds / MINUTE), "minute"];
  return seconds < DAY ? [Math.floor(seconds / HOUR), "hour"] : [Math.floor(seconds / DAY), "day"];
}

/** The same, said in full for a screen reader: "12 minutes". */
export function spoken(since: string, now: number, locale: Locale): string {
  const [value, unit] = span(since, now);
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 }).format(value);
}

/** How long ago, as one says it: "12 minutes ago". */
export function ago(since: string, now: number, locale: Locale): string {
  const [value, unit] = span(since, now);
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-value, unit);
}

/** The person's own kind of this language: a browser set to British English writes 14:05, not 2:05 PM. */
export function regional(locale: Locale, languages: readonly string[] = navigator.languages): string {
  return languages.find((language) => language.startsWith(`${locale}-`)) ?? locale;
}

export function clockTime(at: string, locale: Locale): string {
  return new Intl.DateTimeFormat(regional(locale), { hour: "2-digit", minute: "2-digit" }).format(new Date(at));
}

export function fullTime(at: string, locale: Locale): string {
  return new Intl.DateTimeFormat(regional(locale), { dateStyle: "medium", timeStyle: "short" }).format(new Date(at));
}

export function dayKey(at: string): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}

function midnight(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}

/** Today, yesterday, or the date. */
export function dayName(at: string, now: number, locale: Locale): string {
  const days = Math.round((midnight(Date.parse(at)) - midnight(now)) / (DAY * 1000));
  if (days === 0 || days === -1) {
    const word = new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(days, "day");
    return word.charAt(0).toLocaleUpperCase(locale) + word.slice(1);
  }
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  const year = sameYear ? {} : ({ year: "numeric" } as const);
  return new Intl.DateTimeFormat(regional(locale), { weekday: "long", day: "numeric", month: "long", ...year }).format(new Date(at));
}

export function duration(seconds: number): string {
  const minutes = Math.floor(seconds / MINUTE);
  return `${minutes}:${String(Math.floor(seconds % MINUTE)).padStart(2, "0")}`;
}

export function bytes(size: number, locale: Locale): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const step = Math.min(units.length - 1, size < 1 ? 0 : Math.floor(Math.log10(size) / 3));
  return new Intl.NumberFormat(locale, { style: "unit", unit: units[step]!, unitDisplay: "short", maximumFractionDigits: 1 }).format(
    size / 1000 ** step,
  );
}

/** When a snooze ends: the next nine o'clock of that day. */
export function atNine(now: Date, days: number): Date {
  const date = new Date(now);
  date.setDate(date.getDate() + days);
  date.setHours(9, 0, 0, 0);
  return date;
}

export function daysToMonday(now: Date): number {
  return ((8 - now.getDay()) % 7) || 7;
}
