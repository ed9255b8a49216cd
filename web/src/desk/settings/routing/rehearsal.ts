/** Of the dry run what is no screen: periods, and waits in words. */
import type { Locale } from "../../../api/types.ts";

/** Days up to now that can be rehearsed. */
export const PERIODS = [1, 7, 28] as const;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function periodOf(days: number, now: Date): { since: string; until: string } {
  return { since: new Date(now.getTime() - days * DAY * 1000).toISOString(), until: now.toISOString() };
}

/** A wait as people say it, as exact as it matters: 40 s, 12 min, 3.5 h, 2 d. */
export function inWords(seconds: number, locale: Locale): string {
  const [value, unit] =
    seconds < 2 * MINUTE
      ? ([seconds, "second"] as const)
      : seconds < 2 * HOUR
        ? ([seconds / MINUTE, "minute"] as const)
        : seconds < 2 * DAY
          ? ([seconds / HOUR, "hour"] as const)
          : ([seconds / DAY, "day"] as const);
  const maximumFractionDigits = unit !== "second" && value < 10 ? 1 : 0;
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits }).format(value);
}
