/** The texts of the desk in the person's language: one typed dictionary, loaded one language at a time. */
import { type Dictionary, en, type Key } from "./en.ts";
import type { Locale } from "../api/types.ts";

export type { Key } from "./en.ts";
export type Params = Record<string, string | number>;

const KEPT_UNDER = "inbox.locale";
const loaders: Record<Locale, () => Promise<Dictionary>> = {
  en: () => Promise.resolve(en),
  de: async () => (await import("./de.ts")).de,
};

/** The language to begin with: what was chosen before, else the browser's. */
export function preferredLocale(languages: readonly string[], kept: string | null): Locale {
  if (kept === "de" || kept === "en") return kept;
  for (const language of languages) {
    if (language.startsWith("de")) return "de";
    if (language.startsWith("en")) return "en";
  }
  return "en";
}

class Words {
  locale = $state<Locale>("en");
  dictionary = $state.raw<Dictionary>(en);

  async begin(): Promise<void> {
    await this.use(preferredLocale(navigator.languages, localStorage.getItem(KEPT_UNDER)));
  }

  async use(locale: Locale): Promise<void> {
    this.dictionary = await loaders[locale]();
    this.locale = locale;
    document.documentElement.lang = locale;
    localStorage.setItem(KEPT_UNDER, locale);
  }
}

export const words = new Words();

/** Fill a text's {places}. A text with forms is chosen by `n`. */
export function fill(locale: Locale, entry: Dictionary[Key], params: Params): string {
  const text = typeof entry === "string" ? entry : entry[form(locale, Number(params["n"] ?? 0))];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => shown(locale, params[name]) ?? whole);
}

function form(locale: Locale, n: number): "one" | "other" {
  return new Intl.PluralRules(locale).select(n) === "one" ? "one" : "other";
}

function shown(locale: Locale, value: string | number | undefined): string | undefined {
  return typeof value === "number" ? value.toLocaleString(locale) : value;
}

export function t(key: Key, params: Params = {}): string {
  return fill(words.locale, words.dictionary[key], params);
}
