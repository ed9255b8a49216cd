/** A call as a person writes it down: local time and minutes, made into what the API takes. */
import type { HandCall } from "../../api/index.ts";

export interface CallForm {
  direction: "inbound" | "outbound";
  /** As a datetime-local field holds it. */
  at: string;
  minutes: number;
  outcome: string;
}

export const outcomes = ["reached", "voicemail", "no_answer", "wrong_number"] as const;

export function localNow(now: Date): string {
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function emptyCall(now: Date): CallForm {
  return { direction: "outbound", at: localNow(now), minutes: 3, outcome: "reached" };
}

export function handCall(form: CallForm): HandCall {
  return {
    direction: form.direction,
    at: new Date(form.at).toISOString(),
    duration: form.outcome === "reached" || form.outcome === "voicemail" ? Math.round(form.minutes * 60) : 0,
    outcome: form.outcome,
  };
}
