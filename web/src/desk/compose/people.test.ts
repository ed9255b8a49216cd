import { expect, test } from "vitest";
import { envelopeOf, everybody, kept, nobody, parts, put, read, same, without } from "./people.ts";

test("addresses are read as people write and paste them", () => {
  expect(read('"Lee, Ann" <ann@x.org>; bob@x.org,\n Cem Y <cem@y.org>').people).toEqual([
    { address: "ann@x.org", name: "Lee, Ann" },
    { address: "bob@x.org" },
    { address: "cem@y.org", name: "Cem Y" },
  ]);
});

test("what is no address stays to be corrected", () => {
  expect(read("ann@x.org, bob@, Cem <cem>")).toEqual({ people: [{ address: "ann@x.org" }], rest: "bob@, Cem <cem>" });
  expect(read(" , ")).toEqual({ people: [], rest: "" });
});

test("whoever is named again moves, and stands nowhere twice", () => {
  const ann = { address: "ann@x.org" };
  const copied = put(put(nobody(), "to", [ann]), "bcc", [{ address: "ANN@x.org", name: "Ann" }]);
  expect(copied).toEqual({ to: [], cc: [], bcc: [{ address: "ANN@x.org", name: "Ann" }] });
  expect(everybody(without(copied, ann))).toEqual([]);
});

test("what was chosen is kept, and nothing else is taken for it", () => {
  const one = put(nobody(), "cc", [{ address: "ann@x.org", name: "Ann" }]);
  expect(kept(JSON.stringify(one))).toEqual(one);
  expect([kept(""), kept("[]"), kept('{"to":1}')]).toEqual([null, null, null]);
});

test("an empty part is not sent", () => {
  const one = envelopeOf([{ address: "ann@x.org", name: null, role: "to", state: null, note: null }]);
  expect(parts(one)).toEqual({ to: [{ address: "ann@x.org" }] });
  expect(same(one, put(nobody(), "to", [{ address: "Ann@X.org" }]))).toBe(true);
});
