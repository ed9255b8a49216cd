/** In which order, and under which headings, the messages of a ticket are drawn. */
import type { Line, Message } from "../../api/types.ts";
import { dayKey } from "../../ui/time.ts";

export type Item =
  | { kind: "day"; key: string; at: string }
  | { kind: "line"; key: string; message: Message; event: Line; count: number }
  | { kind: "message"; key: string; message: Message; depth: number; parent: Message | null; follows: boolean };

const CLOSE = 5 * 60 * 1000;
const DEEPEST = 4;

/** A conversation: by time, with the days between; what one person says in one breath stands together. */
export function byTime(messages: Message[]): Item[] {
  const items: Item[] = [];
  let before: Message | null = null;
  for (const message of messages) {
    if (message.event !== null) {
      addLine(items, message, message.event);
      before = null;
      continue;
    }
    if (before === null || dayKey(before.at) !== dayKey(message.at)) {
      items.push({ kind: "day", key: `day-${message.id}`, at: message.at });
      before = null;
    }
    const follows = before !== null && inOneBreath(before, message);
    items.push({ kind: "message", key: message.id, message, depth: 0, parent: null, follows });
    before = message;
  }
  return items;
}

/** What happened to the ticket; where several messages of one move stood side by side, it is told once. */
function addLine(items: Item[], message: Message, event: Line): void {
  const last = items.at(-1);
  const moved = event.name === "moved_to" || event.name === "moved_back";
  if (moved && last?.kind === "line" && last.event.move_id === event.move_id && last.event.name === event.name) last.count++;
  else items.push({ kind: "line", key: message.id, message, event, count: moved ? 1 : event.count });
}

function inOneBreath(before: Message, message: Message): boolean {
  const same = before.author.id === message.author.id && before.author.name === message.author.name;
  const kind = before.kind === "message" && message.kind === "message" && before.direction === message.direction;
  return same && kind && Date.parse(message.at) - Date.parse(before.at) < CLOSE;
}

/** A public thread: each answer under what it answers, the branches in the order of their beginnings. */
export function byBranch(messages: Message[]): Item[] {
  const parents = new Map(messages.map((message) => [message.id, parentOf(message, messages)]));
  const children = new Map<Message | null, Message[]>();
  for (const message of messages) {
    const parent = parents.get(message.id) ?? null;
    children.set(parent, [...(children.get(parent) ?? []), message]);
  }
  const items: Item[] = [];
  const grow = (parent: Message | null, depth: number): void => {
    for (const message of children.get(parent) ?? []) {
      items.push({ kind: "message", key: message.id, message, depth, parent, follows: false });
      grow(message, Math.min(depth + 1, DEEPEST));
    }
  };
  grow(null, 0);
  return items;
}

/** The loaded message that this one answers. Only an earlier one can be answered, so a branch never bites its tail. */
export function parentOf(message: Message, messages: Message[]): Message | null {
  const id = message.parent_external_id;
  if (id === null) return null;
  return messages.find((other) => other.seq < message.seq && other.external_id === id) ?? null;
}
