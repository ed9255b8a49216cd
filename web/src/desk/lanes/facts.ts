/** Why the rules decided as they did, in the reader's language. */
import { type Key, t, words } from "../../i18n/index.svelte.ts";
import { session } from "../session.svelte.ts";

export type Fact = Record<string, unknown>;
export interface Reason {
  text: string;
  facts: Fact[];
}

const SHIPPED: Record<string, Key> = { offers: "rule.offers", praise: "rule.praise", thanks: "rule.thanks", chatter: "rule.chatter" };
const ENGLISH: Record<string, string> = { offers: "Offers and advertising", praise: "Praise", thanks: "Private thanks", chatter: "Chatter" };

/** A shipped rule is called in the reader's language, until somebody gives it a name of their own. */
export function ruleName(id: string, name: string): string {
  const key = SHIPPED[id];
  return key !== undefined && ENGLISH[id] === name ? t(key) : name;
}

function quoted(text: string): string {
  return words.locale === "de" ? `„${text}“` : `“${text}”`;
}

function sign(text: unknown): string {
  if (text === "call") return t("fact.call");
  return typeof text === "string" && /^\p{L}/u.test(text) ? t("fact.asks", { sign: quoted(text) }) : t("fact.mark");
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

export function languageName(code: string): string {
  return new Intl.DisplayNames([words.locale], { type: "language" }).of(code) ?? code;
}

/** One fact in words; a fact that this desk does not know yet is left out. */
export function factSays(fact: Fact): string | null {
  const live = session.live;
  switch (fact["fact"]) {
    case "words":
      return list(fact["words"]).map(quoted).join(", ");
    case "asks":
      return sign(fact["sign"]);
    case "language":
      return t("fact.language", { language: languageName(String(fact["language"])) });
    case "roles":
      return t("fact.roles", { roles: list(fact["roles"]).join(", ") });
    case "inbox":
      return t("fact.inbox", { name: live.inbox(String(fact["inbox_id"]))?.name ?? "–" });
    case "channel":
      return t("fact.channel", { name: session.channel(String(fact["channel"]))?.title[words.locale] ?? String(fact["channel"]) });
    case "campaign":
      return t("fact.campaign", { name: live.campaign(String(fact["campaign_id"]))?.name ?? "–" });
    case "client":
      return t("fact.client", { name: live.clients.find((one) => one.id === fact["client_id"])?.name ?? "–" });
    case "no_question":
    case "no_proposal":
    case "first":
    case "not_first":
    case "public":
    case "private":
    case "hours":
    case "campaign_team":
      return t(`fact.${fact["fact"]}` satisfies Key);
    default:
      return null;
  }
}

export function factsSay(facts: Fact[]): string {
  const said = facts.map(factSays).filter((text) => text !== null && text !== "");
  return said.length > 0 ? said.join(", ") : t("fact.always");
}

/** Why a ticket is in its lane: "Praise: “thank you”, no question". */
export function laneSays(reason: Reason): string {
  const [first, ...rest] = reason.facts;
  if (first?.["fact"] === "rule") return `${ruleName(String(first["id"]), String(first["name"]))}: ${factsSay(rest)}`;
  return factsSay(reason.facts);
}
