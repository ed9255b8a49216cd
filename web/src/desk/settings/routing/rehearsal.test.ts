import { expect, test } from "vitest";
import { inWords, periodOf } from "./rehearsal.ts";

test("a wait is said as exactly as it matters", () => {
  const said = [0, 40, 119, 125, 3600, 9000, 200_000].map((seconds) => inWords(seconds, "en"));
  expect(said).toEqual(["0 sec", "40 sec", "119 sec", "2.1 min", "60 min", "2.5 hr", "2.3 days"]);
});

test("a period ends now", () => {
  const period = periodOf(7, new Date("2026-03-29T12:00:00Z"));
  expect(period).toEqual({ since: "2026-03-22T12:00:00.000Z", until: "2026-03-29T12:00:00.000Z" });
});
