import { describe, expect, it } from "vitest";
import { span } from "./span.ts";

const plain = (text: string): string => text.replace(/[\u2009\u202f\u00a0]/g, " ");

describe("when an appointment is", () => {
  it("is told in the reader's zone", () => {
    const { text, note } = span("2026-11-24T09:00:00Z", "2026-11-24T10:30:00Z", "de", "Europe/Berlin");

    expect(plain(text)).toMatch(/Di\.?, 24\. November 2026.*10:00.*11:30.*MEZ/);
    expect(note).toBeNull();
  });

  it("is a day, and not midnight somewhere", () => {
    const { text, note } = span("2026-11-24", "2026-11-24", "en", "America/New_York");

    expect(plain(text)).toContain("24");
    expect(text).not.toMatch(/\d:\d\d/);
    expect(note).toBe("invitation.day");
  });

  it("stays as it is written where nobody knows its zone", () => {
    const { text, note } = span("2026-11-24T09:00:00", null, "de", "America/New_York");

    expect(plain(text)).toContain("09:00");
    expect(note).toBe("invitation.floating");
  });
});
