/** The skills that somebody has or needs already, so that one skill is not written in two ways. */
import { session } from "../../session.svelte.ts";

export function skillsKnown(): { value: string; name: string }[] {
  const { managers, teams } = session.live;
  const all = new Set([...managers, ...teams].flatMap(({ skills }) => skills));
  return [...all].toSorted((a, b) => a.localeCompare(b)).map((skill) => ({ value: skill, name: skill }));
}
