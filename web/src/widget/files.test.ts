import { expect, test } from "vitest";
import { faultOf, sizeIn } from "./files.ts";

test("a refused upload says what the visitor can do about it", () => {
  expect([413, 429, 0, 503, 401, 403, 422].map(faultOf)).toEqual(["large", "slow", "lost", "lost", "refused", "refused", "refused"]);
});

test("a size is written as its reader writes numbers", () => {
  expect([72, 999_999, 1_500_000].map((bytes) => sizeIn("de", bytes))).toEqual(["1 kB", "1000 kB", "1,5 MB"]);
});
