import { describe, expect, test } from "vitest";
import { fieldOf, times } from "./times.ts";

describe("times to send at", () => {
  test("are in an hour, tomorrow and on Monday at nine", () => {
    const wednesday = new Date(2026, 10, 25, 15, 30);

    expect(times(wednesday).map(({ key, at }) => [key, fieldOf(at)])).toEqual([
      ["later.hour", "2026-11-25T16:30"],
      ["later.tomorrow", "2026-11-26T09:00"],
      ["later.monday", "2026-11-30T09:00"],
    ]);
  });

  test("name Monday once, also on a Sunday", () => {
    expect(times(new Date(2026, 10, 22, 15, 30)).map(({ key }) => key)).toEqual(["later.hour", "later.tomorrow"]);
  });
});
