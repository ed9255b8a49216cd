/** The desk in German. */
import { moving } from "./de.moving.ts";
import { rehearsal } from "./de.rehearsal.ts";
import { routing } from "./de.routing.ts";
import { sending } from "./de.sending.ts";
import { settings } from "./de.settings.ts";
import { teams } from "./de.teams.ts";
import { mail } from "./de.mail.ts";
import { work } from "./de.work.ts";
import type { Dictionary } from "./en.ts";

export const de: Dictionary = { ...work, ...settings, ...teams, ...routing, ...rehearsal, ...sending, ...mail, ...moving };
