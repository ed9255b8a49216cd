/** All keys of the desk in one table: what is bound is what the help shows. */
import type { Key } from "../i18n/index.svelte.ts";

export interface Binding {
  action: Action;
  keys: readonly string[];
  group: "list" | "ticket" | "global";
  text: Key;
  /** Works while somebody is writing, too. */
  always?: boolean;
}

export type Action =
  | "next"
  | "previous"
  | "open"
  | "back"
  | "claim"
  | "reply"
  | "note"
  | "solve"
  | "snooze"
  | "campaign"
  | "assign"
  | "priority"
  | "language"
  | "answer"
  | "thank"
  | "nothing"
  | "spam"
  | "undo"
  | "takeBack"
  | "new"
  | "board"
  | "search"
  | "fresh"
  | "side"
  | "why"
  | "accept"
  | "decline"
  | "send"
  | "sendAndSolve"
  | "help";

export const bindings: readonly Binding[] = [
  { action: "next", keys: ["j"], group: "list", text: "key.next" },
  { action: "previous", keys: ["k"], group: "list", text: "key.previous" },
  { action: "open", keys: ["Enter"], group: "list", text: "key.open" },
  { action: "fresh", keys: ["f"], group: "list", text: "key.fresh" },
  { action: "search", keys: ["/"], group: "list", text: "key.search" },
  { action: "claim", keys: ["m"], group: "ticket", text: "key.claim" },
  { action: "reply", keys: ["r"], group: "ticket", text: "key.reply" },
  { action: "note", keys: ["n"], group: "ticket", text: "key.note" },
  { action: "solve", keys: ["e"], group: "ticket", text: "key.solve" },
  { action: "snooze", keys: ["s"], group: "ticket", text: "key.snooze" },
  { action: "assign", keys: ["a"], group: "ticket", text: "key.assign" },
  { action: "campaign", keys: ["p"], group: "ticket", text: "key.campaign" },
  { action: "priority", keys: ["!"], group: "ticket", text: "key.priority" },
  { action: "language", keys: ["l"], group: "ticket", text: "key.language" },
  { action: "answer", keys: ["1"], group: "ticket", text: "key.lane.answer" },
  { action: "thank", keys: ["2"], group: "ticket", text: "key.lane.thank" },
  { action: "nothing", keys: ["3"], group: "ticket", text: "key.lane.nothing" },
  { action: "spam", keys: ["4"], group: "ticket", text: "key.lane.spam" },
  { action: "undo", keys: ["z"], group: "ticket", text: "key.undo" },
  { action: "takeBack", keys: ["Mod+z"], group: "ticket", text: "key.takeBack", always: true },
  { action: "side", keys: ["i"], group: "ticket", text: "key.side" },
  { action: "why", keys: ["w"], group: "ticket", text: "key.why" },
  { action: "send", keys: ["Mod+Enter"], group: "ticket", text: "key.send", always: true },
  { action: "sendAndSolve", keys: ["Mod+Shift+Enter"], group: "ticket", text: "key.sendAndSolve", always: true },
  { action: "accept", keys: ["y"], group: "global", text: "key.accept" },
  { action: "decline", keys: ["d"], group: "global", text: "key.decline" },
  { action: "new", keys: ["c"], group: "global", text: "key.new" },
  { action: "board", keys: ["b"], group: "global", text: "key.board" },
  { action: "back", keys: ["Escape"], group: "global", text: "key.back", always: true },
  { action: "help", keys: ["?"], group: "global", text: "key.help" },
];

export function actionFor(name: string, writing: boolean): Action | undefined {
  return bindings.find((binding) => binding.keys.includes(name) && (!writing || binding.always === true))?.action;
}
