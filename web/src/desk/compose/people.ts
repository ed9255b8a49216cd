/** Whom a message goes to: written down as people write addresses, and put together for the API. */
import type { Recipient } from "../../api/types.ts";

export interface Person {
  address: string;
  name?: string;
}

export type Part = "to" | "cc" | "bcc";

export const PARTS: Part[] = ["to", "cc", "bcc"];

export type Envelope = Record<Part, Person[]>;

const ADDRESS = /^[^\s<>@,;:"()[\]\\]{1,64}@[^\s<>@,;:"()[\]\\]{1,250}$/;
const NAMED = /^\s*"?([^"<>]*?)"?\s*<([^<>]+)>\s*$/;

export const nobody = (): Envelope => ({ to: [], cc: [], bcc: [] });

/** Cut at the commas and semicolons that are not within a quoted name or angle brackets. */
function pieces(text: string): string[] {
  return text.match(/(?:"[^"]*"|<[^<>]*>|[^,;\n"<]|["<])+/g) ?? [];
}

/** What was typed or pasted: whom it names, and what of it is no address. */
export function read(text: string): { people: Person[]; rest: string } {
  const people: Person[] = [];
  const rest: string[] = [];
  for (const piece of pieces(text)) {
    const named = NAMED.exec(piece);
    const address = (named?.[2] ?? piece).trim();
    const name = named?.[1]?.trim() ?? "";
    if (ADDRESS.test(address)) people.push(name === "" ? { address } : { address, name });
    else if (piece.trim() !== "") rest.push(piece.trim());
  }
  return { people, rest: rest.join(", ") };
}

export const keyOf = (person: Person): string => person.address.trim().toLowerCase();

/** Each once: whoever is named again in another part moves there. */
export function put(envelope: Envelope, part: Part, people: Person[]): Envelope {
  const moved = new Set(people.map(keyOf));
  const next = nobody();
  for (const each of PARTS) next[each] = envelope[each].filter((person) => !moved.has(keyOf(person)));
  const fresh = new Map([...envelope[part], ...people].map((person) => [keyOf(person), person]));
  next[part] = [...fresh.values()];
  return next;
}

export function without(envelope: Envelope, person: Person): Envelope {
  const next = nobody();
  for (const each of PARTS) next[each] = envelope[each].filter((other) => keyOf(other) !== keyOf(person));
  return next;
}

export function envelopeOf(recipients: Recipient[]): Envelope {
  const envelope = nobody();
  for (const each of recipients) {
    envelope[each.role].push(each.name === null ? { address: each.address } : { address: each.address, name: each.name });
  }
  return envelope;
}

/** What was kept of an envelope; null where nothing was, or somebody else wrote there. */
export function kept(text: string): Envelope | null {
  try {
    const found: unknown = JSON.parse(text);
    const is = (value: unknown): value is Envelope =>
      typeof value === "object" && value !== null && PARTS.every((part) => Array.isArray((value as Record<string, unknown>)[part]));
    return is(found) ? found : null;
  } catch {
    return null;
  }
}

export const everybody = (envelope: Envelope): Person[] => PARTS.flatMap((part) => envelope[part]);

export function same(one: Envelope, other: Envelope): boolean {
  return PARTS.every((part) => one[part].map(keyOf).join(",") === other[part].map(keyOf).join(","));
}

/** The parts that a request names; an empty one is left out. */
export function parts(envelope: Envelope): Partial<Envelope> {
  return Object.fromEntries(PARTS.filter((part) => envelope[part].length > 0).map((part) => [part, envelope[part]]));
}
