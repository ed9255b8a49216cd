/**
 * The conversation as this visitor has seen it: a pure reading of the frames.
 *
 * `seen` is the highest number below which nothing is missing; a client that comes back says it and gets the rest.
 */
import type { Pending } from "./outbox.ts";
import type { Message, ServerFrame, Update, Welcome } from "./protocol.ts";

export type Status = "sending" | "sent" | "failed";

export interface Entry {
  /** `client_id` of an own message, else its id: stable, so that a message does not jump when it is confirmed. */
  key: string;
  seq?: number | undefined;
  mine: boolean;
  name?: string | undefined;
  text: string;
  at: string;
  status: Status;
  edited: boolean;
  deleted: boolean;
  mailed?: boolean | undefined;
  /** Without an address while the message is on its way. */
  files: { name: string; size: number; url?: string; id?: string }[];
}

export interface Log {
  ticket: string | undefined;
  seen: number;
  /** Numbers above `seen` that came early. */
  early: ReadonlySet<number>;
  entries: readonly Entry[];
  /** Messages of an earlier ticket stay readable above the present one. */
  older: readonly Entry[];
  more: boolean;
  state: string | undefined;
  /** Up to where the team has read. */
  readByTeam: number;
}

export const emptyLog: Log = {
  ticket: undefined,
  seen: 0,
  early: new Set(),
  entries: [],
  older: [],
  more: false,
  state: undefined,
  readByTeam: 0,
};

/** Return the log after a frame; the same log when the frame says nothing new. */
export function apply(log: Log, frame: ServerFrame): Log {
  switch (frame.type) {
    case "welcome":
      return welcomed(log, frame);
    case "ticket":
      return frame.ticket === log.ticket ? log : { ...turned(log, frame.ticket), state: frame.state };
    case "message":
      return isKnown(log, frame.seq) ? completed(log, shown(frame)) : counted(added(log, shown(frame)), frame.seq);
    case "ack":
      return counted({ ...log, state: "open", entries: confirmed(log.entries, frame.client_id, frame.seq) }, frame.seq);
    case "update":
      return isKnown(log, frame.seq) ? log : counted(updated(log, frame), frame.seq);
    case "history":
      return { ...log, entries: frame.messages.map(shown).reduce(put, log.entries), more: frame.more };
    case "read":
      return frame.seq > log.readByTeam ? { ...log, readByTeam: frame.seq } : log;
    default:
      return log;
  }
}

/** Return the log with a message of ours that is not confirmed yet. */
export function said(log: Log, { clientId, text, files = [] }: Pending, at: string): Log {
  const entry = { key: clientId, mine: true, text, at, status: "sending" as const, edited: false, deleted: false, files };
  return { ...log, entries: put(log.entries, entry) };
}

export function failed(log: Log, clientId: string): Log {
  return { ...log, entries: log.entries.map((entry) => (entry.key === clientId ? { ...entry, status: "failed" } : entry)) };
}

export function forgotten(log: Log, clientId: string): Log {
  return { ...log, entries: log.entries.filter((entry) => entry.key !== clientId) };
}

/** Whether a number is missing below one that we have: the connection is wrong and must be made again. */
export function hasGap(log: Log): boolean {
  return log.early.size > 0;
}

/** The team's messages above `read`. */
export function unread(log: Log, read: number): number {
  return log.entries.filter((entry) => !entry.mine && !entry.deleted && (entry.seq ?? 0) > read).length;
}

export function oldest(log: Log): number | undefined {
  return log.entries.find((entry) => entry.seq !== undefined)?.seq;
}

function welcomed(log: Log, frame: Welcome): Log {
  const same = frame.ticket !== undefined && frame.ticket === log.ticket && frame.since === log.seen;
  const kept = same ? { ...log, early: new Set<number>() } : turned(log, frame.ticket);
  return { ...kept, seen: same ? log.seen : frame.since, state: frame.state };
}

/** Another ticket counts from the start; what is unconfirmed goes into it. */
function turned(log: Log, ticket: string | undefined): Log {
  const confirmedEntries = log.entries.filter((entry) => entry.seq !== undefined);
  const unconfirmed = log.entries.filter((entry) => entry.seq === undefined);
  const older = ticket === log.ticket ? log.older : [...log.older, ...confirmedEntries];
  return { ...log, ticket, seen: 0, early: new Set(), entries: unconfirmed, older, more: false, readByTeam: 0 };
}

/** An own word opens a settled matter again; whoever answers has read what stands above. */
function added(log: Log, entry: Entry): Log {
  const readByTeam = entry.mine ? log.readByTeam : Math.max(log.readByTeam, entry.seq ?? 0);
  return { ...log, readByTeam, state: entry.mine ? "open" : log.state, entries: put(log.entries, entry) };
}

/** An own message that was confirmed before it came back: now its files have an address. */
function completed(log: Log, entry: Entry): Log {
  return entry.mine && entry.files.length ? { ...log, entries: put(log.entries, entry) } : log;
}

function updated(log: Log, update: Update): Log {
  const state = update.state ?? log.state;
  const { mailed } = update;
  if (mailed) return { ...log, entries: log.entries.map((entry) => (mailed.includes(entry.seq ?? 0) ? { ...entry, mailed: true } : entry)) };
  if (!update.message) return { ...log, state };
  const changed = shown(update.message);
  const entries = log.entries.map((entry) => (entry.seq === changed.seq ? { ...changed, key: entry.key } : entry));
  return { ...log, state, entries };
}

function isKnown(log: Log, seq: number): boolean {
  return seq <= log.seen || log.early.has(seq);
}

function counted(log: Log, seq: number): Log {
  if (isKnown(log, seq)) return log;
  const early = new Set(log.early).add(seq);
  let seen = log.seen;
  while (early.delete(seen + 1)) seen += 1;
  return { ...log, seen, early };
}

function shown(message: Message): Entry {
  const mine = message.from.side === "visitor";
  return {
    key: (mine && message.client_id) || message.id,
    seq: message.seq,
    mine,
    name: message.from.name,
    text: message.text,
    at: message.at,
    status: "sent",
    edited: message.edited_at !== undefined,
    deleted: message.deleted ?? false,
    mailed: message.mailed,
    files: message.attachments ?? [],
  };
}

/** Insert or replace by key; confirmed ones in the order of their numbers, unconfirmed ones last as they were said. */
function put(entries: readonly Entry[], entry: Entry): Entry[] {
  const others = entries.filter((other) => other.key !== entry.key);
  const place = entry.seq ?? Infinity;
  const at = others.findIndex((other) => (other.seq ?? Infinity) > place);
  return at < 0 ? [...others, entry] : [...others.slice(0, at), entry, ...others.slice(at)];
}

function confirmed(entries: readonly Entry[], clientId: string, seq: number): readonly Entry[] {
  const entry = entries.find((other) => other.key === clientId);
  return entry ? put(entries, { ...entry, seq, status: "sent" }) : entries;
}
