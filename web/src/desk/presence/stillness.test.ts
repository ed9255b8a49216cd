import { expect, test } from "vitest";
import { AWAY_AFTER, HERE, type Stage, stageAt, WARNED_FOR } from "./stillness.ts";

/** Look at the clock once a second, from `from` to `to`; input was at 0. */
function looks(from: number, to: number, stage: Stage = HERE): Stage {
  for (let now = from; now <= to; now += 1000) stage = stageAt(now, 0, stage);
  return stage;
}

test("nothing is said while there is input now and then", () => {
  expect(stageAt(AWAY_AFTER, AWAY_AFTER - 1000, HERE)).toEqual(HERE);
});

test("twenty seconds before, one is warned", () => {
  expect(looks(0, AWAY_AFTER - WARNED_FOR - 1000)).toEqual(HERE);
  expect(looks(0, AWAY_AFTER - WARNED_FOR)).toMatchObject({ name: "warned", left: WARNED_FOR });
});

test("after five minutes without input one is away", () => {
  expect(looks(0, AWAY_AFTER - 1000).name).toBe("warned");
  expect(looks(0, AWAY_AFTER).name).toBe("away");
});

test("who was asleep is warned for the whole time all the same", () => {
  const late = 3 * AWAY_AFTER;
  const warned = stageAt(late, 0, HERE);
  expect(warned).toMatchObject({ name: "warned", left: WARNED_FOR });
  expect(looks(late, late + WARNED_FOR - 1000, warned).name).toBe("warned");
  expect(looks(late, late + WARNED_FOR, warned).name).toBe("away");
});

test("a sign of life takes the warning back", () => {
  const warned = looks(0, AWAY_AFTER - 5000);
  expect(stageAt(AWAY_AFTER - 4000, AWAY_AFTER - 4500, warned)).toEqual(HERE);
});
