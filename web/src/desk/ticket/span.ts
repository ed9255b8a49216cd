/** When an appointment is, in the reader's own zone, as short as it stays clear. */
import type { Key } from "../../i18n/index.svelte.ts";
import type { Locale } from "../../api/types.ts";
import { regional } from "../../ui/time.ts";

export interface Span {
  text: string;
  note: Key | null;
}

/** A date alone is a whole day; a time without a `Z` is meant in a zone that nobody knows, and stays as it is. */
export function span(starts: string, ends: string | null, locale: Locale, zone?: string): Span {
  const day = !starts.includes("T");
  const floating = !day && !starts.endsWith("Z");
  const fixed = day || floating;
  const options: Intl.DateTimeFormatOptions = {
    weekday: "short",
    day: "numeric",
    month: "long",
    year: "numeric",
    ...(day ? {} : { hour: "2-digit", minute: "2-digit" }),
    ...(fixed ? { timeZone: "UTC" } : zone === undefined ? {} : { timeZone: zone }),
    ...(fixed ? {} : { timeZoneName: "short" }),
  };
  const format = new Intl.DateTimeFormat(regional(locale), options);
  const [from, to] = [starts, ends ?? starts].map((at) => new Date(floating ? `${at}Z` : at)) as [Date, Date];
  return {
    text: to > from ? format.formatRange(from, to) : format.format(from),
    note: day ? "invitation.day" : floating ? "invitation.floating" : null,
  };
}
