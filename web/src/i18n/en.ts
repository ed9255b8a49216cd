/** The desk in English; its keys are those of every language. */
import { routing } from "./en.routing.ts";
import { settings } from "./en.settings.ts";
import { teams } from "./en.teams.ts";
import { work } from "./en.work.ts";

export interface Forms {
  one: string;
  other: string;
}

export type Key = keyof typeof work | keyof typeof settings | keyof typeof teams | keyof typeof routing;
export type Dictionary = Record<Key, string | Forms>;

export const en: Dictionary = { ...work, ...settings, ...teams, ...routing };
