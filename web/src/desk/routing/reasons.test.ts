import { beforeEach, expect, test } from "vitest";
import { de } from "../../i18n/de.ts";
import { en } from "../../i18n/en.ts";
import { words } from "../../i18n/index.svelte.ts";
import { factsOf, lineOf, span } from "./reasons.ts";

beforeEach(() => {
  words.dictionary = en;
  words.locale = "en";
});

const french = {
  text: "French, knows the contact, 2 of 3 in chat, due in 40 s",
  facts: [
    { fact: "speaks", language: "fr" },
    { fact: "knows_contact" },
    { fact: "holds", channel: "chat", count: 2, room_for: 3 },
    { fact: "load", load: 60, capacity: 100 },
    { fact: "due_in", seconds: 40 },
  ],
};

test("an assignment is explained in one line, in the reader's language", () => {
  expect(lineOf(french)).toBe("French, knows the contact, 2 of 3 chats");
  words.dictionary = de;
  words.locale = "de";
  expect(lineOf(french)).toBe("Französisch, kennt den Kontakt, 2 von 3 Chats");
});

test("everything is said to who asks for more", () => {
  expect(factsOf(french)).toEqual(["French", "knows the contact", "2 of 3 chats", "due in 40 s"]);
});

test("a wait is explained by who may not take it, and by what time will change", () => {
  const facts = [
    { fact: "refused", why: "skill", count: 1, skills: ["law"] },
    { fact: "refused", why: "language", count: 2, language: "pl" },
    { fact: "refused", why: "full", count: 3 },
    { fact: "overflow_in", seconds: 240 },
    { fact: "waiting", seconds: 30 },
  ];
  expect(lineOf({ text: "", facts })).toBe(
    "One lacks the skill law, 2 do not speak Polish, 3 are full, other teams help in 4 min",
  );
});

test("facts that this screen does not know are told in the service's own words", () => {
  expect(lineOf({ text: "The moon is full", facts: [{ fact: "moon" }] })).toBe("The moon is full");
});

test.each([
  [40, "40 s"],
  [-40, "40 s"],
  [720, "12 min"],
  [10_800, "3 h"],
  [172_800, "2 d"],
])("%i seconds are said as %s", (seconds, said) => {
  expect(span(seconds)).toBe(said);
});
