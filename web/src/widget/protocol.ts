/** The visitor protocol (`WS /chat/{inbox_id}`): JSON in text frames, one object each. */

export interface Person {
  side: "visitor" | "team";
  name?: string;
}

export interface File {
  name: string;
  size: number;
  url: string;
}

export interface Message {
  seq: number;
  id: string;
  client_id?: string;
  from: Person;
  text: string;
  at: string;
  edited_at?: string;
  deleted?: boolean;
  /** It went to the visitor by mail too, who had left. */
  mailed?: boolean;
  attachments?: File[];
}

export interface Greeting {
  name: string;
  text: string;
  offline: string;
  privacy: string;
  privacy_url: string;
  color: string;
  form: { name: string; required: boolean }[];
  /** An answer can be mailed to who left, and we do not know yet where to. */
  mail: boolean;
}

export interface Welcome {
  type: "welcome";
  session: string;
  ticket?: string;
  /** What follows is numbered from `since` + 1; without a resume it is the last `seq`, and a history frame comes first. */
  since: number;
  seq: number;
  state?: string;
  queue: { online: boolean };
  greeting: Greeting;
  limits: { text: number; files: number; file: number };
}

export interface Update {
  type: "update";
  seq: number;
  message?: Message;
  state?: string;
  name?: string;
  /** Which earlier messages went by mail too. */
  mailed?: number[];
}

export type ServerFrame =
  | Welcome
  | Update
  | ({ type: "message" } & Message)
  | { type: "ticket"; ticket: string; seq: number; state: string }
  | { type: "ack"; client_id: string; id: string; seq: number }
  | { type: "history"; messages: Message[]; more: boolean }
  | { type: "typing"; on: boolean; name?: string }
  | { type: "read"; seq: number }
  | { type: "queue"; online: boolean }
  | { type: "introduced" }
  | { type: "error"; code: string; text: string; client_id?: string; retry_after?: number }
  | { type: "bye"; reason: string; reconnect: boolean }
  | { type: "pong" };

export interface Page {
  url: string;
  title: string;
  campaign?: string | undefined;
}

export interface Hello {
  type: "hello";
  session?: string | undefined;
  identity_token?: string | undefined;
  ticket?: string | undefined;
  since?: number | undefined;
  locale: string;
  page: Page;
  form?: Record<string, string> | undefined;
}

export type ClientFrame =
  | Hello
  | { type: "introduce"; form: Record<string, string> }
  | { type: "message"; client_id: string; text: string; attachments?: string[] | undefined }
  | { type: "typing"; on: boolean }
  | { type: "read"; seq: number }
  | { type: "history"; before: number }
  | { type: "end" }
  | { type: "rate"; score: number; comment?: string }
  | { type: "ping" };

/** Read a frame; null for what is none, which is ignored: a newer server may say more than we know. */
export function parseFrame(text: unknown): ServerFrame | null {
  if (typeof text !== "string") return null;
  try {
    const frame: unknown = JSON.parse(text);
    return typeof frame === "object" && frame !== null && "type" in frame ? (frame as ServerFrame) : null;
  } catch {
    return null;
  }
}
