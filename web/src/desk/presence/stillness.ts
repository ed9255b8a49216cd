/** When somebody without input counts as away, and when they are told before: no DOM, no clock of its own. */

export const AWAY_AFTER = 5 * 60_000;
/** WCAG 2.2.1: at least twenty seconds to say, by any key, that one is here. */
export const WARNED_FOR = 20_000;

export type Stage = { name: "here" } | { name: "warned"; since: number; left: number } | { name: "away" };

export const HERE: Stage = { name: "here" };

/**
 * The stage after a look at the clock. A warning lasts its whole time even if nobody looked when it should have begun:
 * browsers slow down what is hidden, and laptops sleep.
 */
export function stageAt(now: number, input: number, before: Stage): Stage {
  if (now - input < AWAY_AFTER - WARNED_FOR) return HERE;
  if (before.name === "away") return before;
  const since = before.name === "warned" ? before.since : now;
  const left = Math.max(input + AWAY_AFTER, since + WARNED_FOR) - now;
  return left <= 0 ? { name: "away" } : { name: "warned", since, left };
}
