import { expect, test } from "vitest";
import { actionFor, bindings } from "../desk/keys.ts";
import { type KeyPress, nameOf } from "./shortcuts.ts";

function press(key: string, part: Partial<KeyPress> = {}): KeyPress {
  return { key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false, altGraph: false, ...part };
}

test.each([
  [press("j"), "j"],
  [press("J"), "j"],
  [press("?", { shiftKey: true }), "?"],
  [press("Enter", { ctrlKey: true }), "Mod+Enter"],
  [press("Enter", { metaKey: true, shiftKey: true }), "Mod+Shift+Enter"],
])("%o is called %s", (given, name) => {
  expect(nameOf(given)).toBe(name);
});

test.each([
  ["Option+L, which types an @ on a German Mac", press("@", { altKey: true })],
  ["AltGr+Q on a German keyboard", press("@", { ctrlKey: true, altKey: true, altGraph: true })],
  ["a letter that an input method is composing", press("n", { isComposing: true })],
])("%s is no shortcut", (_what, given) => {
  expect(nameOf(given)).toBeNull();
});

test("no key is bound twice", () => {
  const keys = bindings.flatMap((binding) => binding.keys);
  expect(new Set(keys).size).toBe(keys.length);
});

test("while somebody writes, only what is meant for it works", () => {
  expect(actionFor("e", true)).toBeUndefined();
  expect(actionFor("e", false)).toBe("solve");
  expect(actionFor("Mod+Enter", true)).toBe("send");
});
