import { expect, test } from "vitest";
import { message, ticket } from "../../test/samples.ts";
import { bare, changedSubject, withIt } from "./subjects.ts";

test("the marks of answers, forwards and numbers are not what a mail is about", () => {
  expect(bare("Re: AW: Fwd: [#12] Lampe")).toBe("Lampe");
  expect(bare("Reise nach Rom")).toBe("Reise nach Rom");
});

test("another subject proposes a split; an answer, a longer one and our own mail do not", () => {
  const about = ticket("t", { subject: "Lampe" });
  const said = (subject: string | null, seq = 2, direction: "inbound" | "outbound" = "inbound") =>
    changedSubject(message("m", seq, { subject, direction }), about);
  expect(said("Konto löschen")).toBe(true);
  expect([said("AW: lampe"), said("Lampe, zweite Frage"), said(null), said(""), said("Konto", 1), said("Konto", 2, "outbound")]).toEqual(
    [false, false, false, false, false, false],
  );
});

test("what was said since under the same subject goes with a message", () => {
  const first = message("b", 2, { subject: "Konto" });
  const all = [message("a", 1, { subject: "Lampe" }), first, message("c", 3, { subject: "Re: Konto" }), message("d", 4, { subject: "Lampe" })];
  expect(withIt(first, all)).toEqual(["b", "c"]);
});
