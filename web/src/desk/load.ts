/** What somebody holds, in words: "2 chats, 3 mails · 90 %". */
import { en } from "../i18n/en.ts";
import { type Key, t, words } from "../i18n/index.svelte.ts";
import { session } from "./session.svelte.ts";

export interface Loaded {
  load: number;
  capacity: number;
  holds: Record<string, number>;
}

function isKey(key: string): key is Key {
  return key in en;
}

/** "2 chats"; a channel that we have no word for is called by its title. */
export function counted(channel: string, n: number): string {
  const key = `holds.${channel}`;
  if (isKey(key)) return t(key, { n });
  return `${n.toLocaleString(words.locale)} × ${session.channel(channel)?.title[words.locale] ?? channel}`;
}

export function holdsOf(one: Loaded): string {
  const parts = Object.entries(one.holds)
    .filter(([, n]) => n > 0)
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([channel, n]) => counted(channel, n));
  return parts.length === 0 ? t("load.nothing") : parts.join(", ");
}

export function percentOf(one: Loaded): string {
  const share = one.capacity > 0 ? one.load / one.capacity : one.load > 0 ? 1 : 0;
  return new Intl.NumberFormat(words.locale, { style: "percent", maximumFractionDigits: 0 }).format(share);
}

export function loadOf(one: Loaded): string {
  return `${holdsOf(one)} · ${percentOf(one)}`;
}
