/** The desk in English; its keys are those of every language. */
import { moving } from "./en.moving.ts";
import { rehearsal } from "./en.rehearsal.ts";
import { routing } from "./en.routing.ts";
import { sending } from "./en.sending.ts";
import { settings } from "./en.settings.ts";
import { teams } from "./en.teams.ts";
import { mail } from "./en.mail.ts";
import { work } from "./en.work.ts";

export interface Forms {
  one: string;
  other: string;
}

export type Key =
  | keyof typeof work
  | keyof typeof settings
  | keyof typeof teams
  | keyof typeof routing
  | keyof typeof rehearsal
  | keyof typeof sending
  | keyof typeof mail
  | keyof typeof moving;
export type Dictionary = Record<Key, string | Forms>;

export const en: Dictionary = { ...work, ...settings, ...teams, ...routing, ...rehearsal, ...sending, ...mail, ...moving };
