import { expect, test } from "vitest";
import { ago, bytes, daysToMonday, duration, regional, spoken, ticking } from "./time.ts";

const START = "2026-11-22T08:00:00.000Z";
const after = (seconds: number): number => Date.parse(START) + seconds * 1000;

test.each([
  [9, "0:09"],
  [760, "12:40"],
  [3 * 3600 + 61, "3 h 01"],
  [50 * 3600, "2 d"],
])("after %i seconds the timer shows %s", (seconds, shown) => {
  expect(ticking(START, after(seconds), "en")).toBe(shown);
});

test("a clock that is a little behind shows no negative wait", () => {
  expect(ticking(START, after(-5), "en")).toBe("0:00");
});

test("a wait is spoken in whole units", () => {
  expect(spoken(START, after(760), "en")).toBe("12 minutes");
  expect(spoken(START, after(60), "de")).toBe("1 Minute");
});

test("durations and sizes are written as people read them", () => {
  expect(duration(184)).toBe("3:04");
  expect(bytes(1_500_000, "en")).toBe("1.5 MB");
});

test("monday is never today", () => {
  expect([22, 23, 24].map((day) => daysToMonday(new Date(2026, 10, day)))).toEqual([1, 7, 6]);
});

test("the browser's region of the language is used", () => {
  expect(regional("en", ["de-DE", "en-GB"])).toBe("en-GB");
  expect(regional("de", ["en-US"])).toBe("de");
});

test("how long ago is said as people say it, in their language", () => {
  expect(ago(START, after(24), "de")).toBe("vor 24 Sekunden");
  expect(ago(START, after(3 * 3600), "en")).toBe("3 hours ago");
  expect(ago(START, after(0), "de")).toBe("jetzt");
});
