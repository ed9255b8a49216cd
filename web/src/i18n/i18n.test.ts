import { expect, test } from "vitest";
import { de } from "./de.ts";
import { type Dictionary, en, type Key } from "./en.ts";
import { fill, preferredLocale } from "./index.svelte.ts";

const keys = Object.keys(en) as Key[];

function texts(dictionary: Dictionary, key: Key): string[] {
  const entry = dictionary[key];
  return typeof entry === "string" ? [entry] : [entry.one, entry.other];
}

function places(dictionary: Dictionary, key: Key): Set<string> {
  return new Set(texts(dictionary, key).flatMap((text) => text.match(/\{\w+\}/g) ?? []));
}

function same(a: Set<string>, b: Set<string>): boolean {
  return a.symmetricDifference(b).size === 0;
}

test("both languages have the same keys, in the same order", () => {
  expect(Object.keys(de)).toEqual(keys);
});

test("a text has the same places in both languages", () => {
  expect(keys.filter((key) => !same(places(de, key), places(en, key)))).toEqual([]);
});

test("no text is empty", () => {
  expect(keys.filter((key) => [...texts(en, key), ...texts(de, key)].some((text) => text.trim() === ""))).toEqual([]);
});

test("a number chooses the form, and is written in the language's way", () => {
  expect(fill("en", en["announce.new"], { n: 1 })).toBe("One new ticket.");
  expect(fill("de", de["announce.new"], { n: 1200 })).toBe("1.200 neue Vorgänge.");
});

test("the browser's first language that we speak is taken, a kept choice before it", () => {
  expect(preferredLocale(["fr-FR", "de-AT", "en"], null)).toBe("de");
  expect(preferredLocale(["fr-FR"], null)).toBe("en");
  expect(preferredLocale(["de"], "en")).toBe("en");
});
