import { expect, test } from "vitest";
import { languageName, languageRead, languagesInUse } from "./languages.ts";

test.each([
  ["Französisch", "fr"],
  ["französisch ", "fr"],
  ["fr", "fr"],
  ["de-AT", "de"],
  ["EN", "en"],
])("%s means %s", (typed, code) => {
  expect(languageRead(typed, "de")).toBe(code);
});

test.each(["qq", "klingonisch", "1", "-"])("%s is no language of ours", (typed) => {
  expect(languageRead(typed, "de")).toBeNull();
});

test("a code that makes no sense is shown as it is", () => {
  expect(languageName("no such code", "en")).toBe("no such code");
});

test("the languages in use are the desk's own and those of people and campaigns, each once, by name", () => {
  expect(languagesInUse([{ languages: ["fr", "de-AT"] }, {}, { languages: ["es", "fr-FR"] }], "en")).toEqual(["en", "fr", "de", "es"]);
});
