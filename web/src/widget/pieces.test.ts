import { expect, test } from "vitest";
import { inkOn } from "./color.ts";
import { pieces } from "./pieces.ts";

test("a link is found without the full stop behind it", () => {
  expect(pieces("See https://crowd.example/p?x=1. Bye")).toEqual([
    { text: "See " },
    { text: "https://crowd.example/p?x=1", href: "https://crowd.example/p?x=1" },
    { text: ". Bye" },
  ]);
});

test.each(["javascript:alert(1)", "data:text/html,x", "<img src=x onerror=alert(1)>", "ftp://x.example"])(
  "%s is text and no link",
  (text) => expect(pieces(text)).toEqual([{ text }]),
);

test("nothing of a text is lost", () => {
  const text = "a https://x.example/ä(b) c\nhttp://y.example";

  expect(pieces(text).map((piece) => piece.text).join("")).toBe(text);
});

test("the ink is the one that can be read", () => {
  expect(inkOn("#1f5fbf")).toBe("#fff");
  expect(inkOn("#ffd400")).toBe("#000");
  expect(inkOn("#000000")).toBe("#fff");
});
