/** What waits to be sent, and what was taken back: German. */
import type { sending as en } from "./en.sending.ts";

export const sending: Record<keyof typeof en, string> = {
  "held.here": "Geht in {n} s hinaus",
  "held.for": "Die Antwort an {name} geht in {n} s hinaus",
  "held.back": "Zurückholen",
  "key.takeBack": "Die letzte Antwort zurückholen",
  "delivery.held": "Geht gleich hinaus",
  "delivery.scheduled": "Geht hinaus: {time}",
  "delivery.withdrawn": "Vor dem Senden zurückgeholt",
  "withdrawn.by": "Vor dem Senden zurückgeholt · {name}",
  "message.automatic": "Automatisch",
  "language.more": "Weitere Sprache",
  "language.remove": "{language} entfernen",
};
