/** The rulebook while it is edited: a plain copy, changed by values, in words for whoever reads it. */
import type { Rule, Rulebook } from "../../../api/types.ts";
import { type Key, t, words } from "../../../i18n/index.svelte.ts";
import { factsSay, languageName, ruleName } from "../../lanes/facts.ts";
import { session } from "../../session.svelte.ts";

export type When = Required<Rule>["when"];
export type Then = Required<Rule>["then"];

const NEVER: Omit<When, "words"> & { words: string[] } = {
  inboxes: [],
  channels: [],
  campaigns: [],
  clients: [],
  languages: [],
  words: [],
  without: [],
  roles: [],
  hours: null,
  first: null,
  public: null,
  asks: null,
  at_most: null,
};
const NOTHING: Then = { team_id: null, skills: [], priority: null, lane: null, tags: [], target: null };

/** A copy that may be changed, with every field there. */
export function ownCopy(book: Rulebook): Rulebook {
  const copy = structuredClone(book);
  for (const rule of copy.rules ?? []) Object.assign(rule, parts({ ...NEVER, ...rule.when }, { ...NOTHING, ...rule.then }));
  return copy;
}

export function newRule(name: string): Rule {
  return { id: newId(), name, active: true, ...parts({ ...NEVER }, { ...NOTHING }) };
}

/** The two halves of a rule by the document's own words. */
export function parts(when: When, then: Then): Pick<Rule, "when" | "then"> {
  // oxlint-disable-next-line unicorn/no-thenable -- no function: nobody can await it by accident
  return { when, then };
}

export function newId(): string {
  return `r-${crypto.randomUUID().slice(0, 13)}`;
}

export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  if (to < 0 || to >= list.length) return [...list];
  const next = list.toSpliced(from, 1);
  return next.toSpliced(to, 0, list[from]!);
}

export function copyOf(rule: Rule, others: readonly Rule[]): Rule {
  const shown = ruleName(rule.id, rule.name);
  let name = t("rules.copyOf", { name: shown });
  for (let n = 2; others.some((other) => other.name === name); n++) name = `${t("rules.copyOf", { name: shown })} ${n}`;
  return { ...(JSON.parse(JSON.stringify(rule)) as Rule), id: newId(), name };
}

/** What a rule asks for, in words: “invoice”, in German, by Live chat. */
export function conditionsSay(rule: Rule): string {
  const when = rule.when ?? {};
  const live = session.live;
  const facts: Record<string, unknown>[] = [];
  const said: string[] = [];
  const listed = when.words ?? [];
  if (listed.length > 0) {
    facts.push({ fact: "words", words: listed.slice(0, 4) });
    if (listed.length > 4) said.push(t("rules.moreWords", { n: listed.length - 4 }));
  }
  if (when.asks !== null && when.asks !== undefined) said.push(t(when.asks ? "rules.asks.yes" : "fact.no_question"));
  if ((when.languages ?? []).length > 0) said.push(t("fact.language", { language: (when.languages ?? []).map(languageName).join(", ") }));
  if ((when.roles ?? []).length > 0) said.push(t("fact.roles", { roles: (when.roles ?? []).join(", ") }));
  for (const id of when.inboxes ?? []) facts.push({ fact: "inbox", inbox_id: id });
  for (const kind of when.channels ?? []) facts.push({ fact: "channel", channel: kind });
  for (const id of when.campaigns ?? []) facts.push({ fact: "campaign", campaign_id: id });
  for (const id of when.clients ?? []) said.push(t("fact.client", { name: live.clients.find((one) => one.id === id)?.name ?? "–" }));
  if ((when.without ?? []).length > 0) said.push(t("rules.withoutSays", { words: (when.without ?? []).slice(0, 4).join(", ") }));
  if (when.first !== null && when.first !== undefined) said.push(t(when.first ? "fact.first" : "fact.not_first"));
  if (when.public !== null && when.public !== undefined) said.push(t(when.public ? "fact.public" : "fact.private"));
  if (when.hours) said.push(hoursSay(when.hours));
  if (when.at_most) said.push(t("rules.atMostSays", { n: when.at_most }));
  const first = facts.length > 0 ? [factsSay(facts)] : [];
  return [...first, ...said].join(", ") || t("fact.always");
}

export function dayName(day: number): string {
  // 5 January 2026 was a Monday.
  return new Intl.DateTimeFormat(words.locale, { weekday: "short", timeZone: "UTC" }).format(new Date(Date.UTC(2026, 0, 5 + day)));
}

function hoursSay(hours: NonNullable<When["hours"]>): string {
  const days = hours.days.length === 7 ? t("rules.everyDay") : [...hours.days].toSorted((a, b) => a - b).map(dayName).join(", ");
  return `${days} ${hours.since}–${hours.until}`;
}

/** What a rule decides, piece by piece. */
export function outcomeSays(then: Then): string[] {
  const live = session.live;
  const said: string[] = [];
  if (then.lane) said.push(`${t("lane")}: ${t(`lane.${then.lane}` satisfies Key)}`);
  if (then.team_id) said.push(`${t("rules.team")}: ${live.teams.find((team) => team.id === then.team_id)?.name ?? "–"}`);
  if ((then.skills ?? []).length > 0) said.push(`${t("skills")}: ${(then.skills ?? []).join(", ")}`);
  if (then.priority !== null && then.priority !== undefined) said.push(`${t("priority")}: ${t(`priority.${then.priority}` as Key)}`);
  if ((then.tags ?? []).length > 0) said.push((then.tags ?? []).map((tag) => `#${tag}`).join(" "));
  if (then.target) said.push(`${t("rules.target")}: ${minutes(then.target)}`);
  return said;
}

export function minutes(n: number): string {
  const [value, unit] = n % 1440 === 0 ? [n / 1440, "day"] : n % 60 === 0 ? [n / 60, "hour"] : [n, "minute"];
  return new Intl.NumberFormat(words.locale, { style: "unit", unit, unitDisplay: "short" }).format(value as number);
}
