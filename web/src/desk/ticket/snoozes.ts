/** When a ticket may sleep until, as people say it. */
import type { Key } from "../../i18n/index.svelte.ts";
import { atNine, daysToMonday } from "../../ui/time.ts";

export function snoozes(now: Date): { key: Key; until: Date }[] {
  return [
    { key: "snooze.hour", until: new Date(now.getTime() + 3_600_000) },
    { key: "snooze.later", until: new Date(now.getTime() + 3 * 3_600_000) },
    { key: "snooze.tomorrow", until: atNine(now, 1) },
    { key: "snooze.monday", until: atNine(now, daysToMonday(now)) },
    { key: "snooze.week", until: atNine(now, 7) },
  ];
}
