/** Languages by their names: what is stored is a code, what people read and type is a name. */
import { words } from "../i18n/index.svelte.ts";

const OFTEN = "ar bg cs da de el en es et fi fr hr hu it lt lv nl no pl pt ro ru sk sl sq sr sv tr uk".split(" ");

export function languageName(code: string, locale: string = words.locale): string {
  try {
    return new Intl.DisplayNames(locale, { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** The code that is meant by a name or a code; null: none that we know. */
export function languageRead(typed: string, locale: string = words.locale): string | null {
  const wanted = typed.trim().toLowerCase();
  const named = OFTEN.find((code) => languageName(code, locale).toLowerCase() === wanted);
  if (named !== undefined) return named;
  const [code = ""] = wanted.split(/[-_]/);
  // A code without a name is given back as it is: nobody speaks "qq".
  return /^[a-z]{2,3}$/.test(code) && languageName(code, "en").toLowerCase() !== code ? code : null;
}

export function languagesKnown(locale: string = words.locale): { value: string; name: string }[] {
  return OFTEN.map((value) => ({ value, name: languageName(value, locale) })).toSorted((a, b) => a.name.localeCompare(b.name, locale));
}

/** The language of a tag without its country: what routing and reading compare. */
export function baseOf(tag: string): string {
  return tag.split("-")[0]!.toLowerCase();
}

/** The languages that count here: the desk's own, and those that people speak and campaigns are run in. */
export function languagesInUse(groups: readonly { languages?: readonly string[] }[], locale: string = words.locale): string[] {
  const codes = new Set(["de", "en", ...groups.flatMap(({ languages }) => (languages ?? []).map(baseOf))]);
  return [...codes].toSorted((a, b) => languageName(a, locale).localeCompare(languageName(b, locale), locale));
}
