import { expect, test } from "vitest";
import { Remote } from "./remote.svelte.ts";

function answers(): { fetch: () => Promise<string>; give: ((value: string) => void)[]; fail: ((problem: Error) => void)[] } {
  const give: ((value: string) => void)[] = [];
  const fail: ((problem: Error) => void)[] = [];
  const fetch = (): Promise<string> =>
    new Promise((resolve, reject) => {
      give.push(resolve);
      fail.push(reject);
    });
  return { fetch, give, fail };
}

test("of two askings the later one counts, whichever is answered first", async () => {
  const { fetch, give } = answers();
  const remote = new Remote(fetch);
  const both = [remote.load(), remote.load()];
  give[1]?.("as it is");
  give[0]?.("as it was");
  await Promise.all(both);
  expect(remote.value).toBe("as it is");
});

test("a failure of the earlier asking is nobody's concern any more", async () => {
  const { fetch, give, fail } = answers();
  const remote = new Remote(fetch);
  const both = [remote.load(), remote.load()];
  fail[0]?.(new Error("gone"));
  give[1]?.("as it is");
  await Promise.all(both);
  expect(remote.problem).toBeNull();
});
