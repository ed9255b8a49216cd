/** Why the service decided as it did, in the reader's language: facts come in, words go out. */
import type { Reason } from "../../api/types.ts";
import { en } from "../../i18n/en.ts";
import { type Key, t, words } from "../../i18n/index.svelte.ts";
import { languageName } from "../languages.ts";
import { counted } from "../load.ts";

export type Fact = Record<string, unknown> & { fact: string };

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function isKey(key: string): key is Key {
  return key in en;
}

export function listed(parts: string[]): string {
  return new Intl.ListFormat(words.locale, { type: "unit" }).format(parts);
}

/** A length of time as it is said in passing: 40 s, 12 min, 3 h, 2 d. */
export function span(seconds: number): string {
  const size = Math.abs(seconds);
  if (size < 90) return `${Math.round(size)} s`;
  if (size < 5_400) return `${Math.round(size / 60)} min`;
  return size < 129_600 ? `${Math.round(size / 3_600)} h` : `${Math.round(size / 86_400)} ${words.locale === "de" ? "T" : "d"}`;
}

export function due(seconds: number): string {
  return t(seconds >= 0 ? "fact.due" : "fact.overdue", { time: span(seconds) });
}

function refused(fact: Fact): string {
  const key = `refused.${text(fact["why"])}`;
  const what = { language: languageName(text(fact["language"]) || "und"), skills: texts(fact["skills"]).join(", ") };
  return isKey(key) ? t(key, { n: number(fact["count"]), ...what }) : `${number(fact["count"])} ${text(fact["why"])}`;
}

const SAID: Record<string, (fact: Fact) => string> = {
  speaks: (fact) => languageName(text(fact["language"])),
  nobody_free_speaks: (fact) => t("fact.nobodySpeaks", { language: languageName(text(fact["language"])) }),
  knows_contact: () => t("fact.knows"),
  skills: (fact) => texts(fact["skills"]).join(", "),
  overflow: (fact) => t("fact.overflow", { team: text(fact["team"]) }),
  holds: (fact) => t("fact.holds", { n: number(fact["count"]), all: counted(text(fact["channel"]), number(fact["room_for"])) }),
  due_in: (fact) => due(number(fact["seconds"])),
  claimed: () => t("fact.claimed"),
  given: (fact) => t("fact.given", { name: text(fact["name"]) }),
  accepted: () => t("fact.accepted"),
  more_time: () => t("fact.moreTime"),
  withdrawn: () => t("fact.withdrawn"),
  released: () => t("fact.released"),
  left: (fact) => {
    const key = `availability.${text(fact["availability"])}`;
    return t("fact.left", { name: text(fact["name"]), state: isKey(key) ? t(key) : text(fact["availability"]) });
  },
  pulled: (fact) => t("fact.pulled", { team: text(fact["team"]) }),
  next: () => t("fact.next"),
  refused,
  overflow_in: (fact) => t("fact.overflowIn", { time: span(number(fact["seconds"])) }),
  fallback_in: (fact) => t("fact.fallbackIn", { time: span(number(fact["seconds"])), languages: listed(texts(fact["languages"]).map((code) => languageName(code))) }),
  any_language_in: (fact) => t("fact.anyLanguageIn", { time: span(number(fact["seconds"])) }),
  waiting: (fact) => t("fact.waiting", { time: span(number(fact["seconds"])) }),
  offered: (fact) => t("fact.offered", { name: text(fact["name"]), time: span(number(fact["seconds"])) }),
  lane: (fact) => t("fact.lane", { lane: wordOf("lane", text(fact["lane"])) }),
  snoozed: () => t("fact.snoozed"),
};

function wordOf(kind: string, value: string): string {
  const key = `${kind}.${value}`;
  return isKey(key) ? t(key) : value;
}

function saidOf(fact: Fact): string {
  return SAID[fact.fact]?.(fact) ?? "";
}

function capital(line: string): string {
  return line.charAt(0).toLocaleUpperCase(words.locale) + line.slice(1);
}

/** The facts of a reason in words, one each; those that only programs need have none. */
export function factsOf(reason: Reason, without: readonly string[] = []): string[] {
  return (reason.facts as Fact[]).filter(({ fact }) => !without.includes(fact)).map(saidOf).filter(Boolean);
}

/**
 * A reason as one line. How soon it was due is left out: a moment later it is not true any more.
 * A service that is newer than this screen may know facts that we have no words for: then its own words are shown.
 */
export function lineOf(reason: Reason): string {
  const said = factsOf(reason, ["due_in", "waiting"]);
  return said.length === 0 ? reason.text : capital(said.join(", "));
}
