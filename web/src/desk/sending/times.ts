/** When an answer may leave, as people say it. */
import type { Key } from "../../i18n/index.svelte.ts";
import { atNine, daysToMonday } from "../../ui/time.ts";

export function times(now: Date): { key: Key; at: Date }[] {
  const monday = daysToMonday(now);
  return [
    { key: "later.hour", at: new Date(now.getTime() + 3_600_000) },
    { key: "later.tomorrow", at: atNine(now, 1) },
    ...(monday === 1 ? [] : [{ key: "later.monday" as const, at: atNine(now, monday) }]),
  ];
}

/** A time as the browser's own field for it has it: here, without a zone. */
export function fieldOf(at: Date): string {
  const here = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return here.toISOString().slice(0, 16);
}
