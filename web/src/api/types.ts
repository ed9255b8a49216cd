/** What the API says, word for word: the values of `/api/v1` and of the live stream. */

export type Role = "manager" | "lead" | "admin";
export type Locale = "de" | "en";
export type Availability = "online" | "busy" | "away" | "offline";
export type TicketState = "open" | "waiting" | "snoozed" | "solved" | "closed";
export type Direction = "inbound" | "outbound" | "internal";
export type Delivery = "received" | "queued" | "sending" | "sent" | "delivered" | "failed" | "uncertain";
export type CallOutcome = "reached" | "voicemail" | "no_answer" | "wrong_number";
export type ViewName = "queue" | "mine" | "unassigned" | "waiting" | "snoozed" | "solved" | "all";

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface Me {
  id: string;
  name: string;
  email: string;
  role: Role;
  locale: Locale;
  availability: Availability;
  capacity: number;
  load: number;
  languages: string[];
  inboxes: string[] | null;
  campaigns: string[] | null;
  version: number;
}

export interface Manager {
  id: string;
  name: string;
  email?: string | null;
  role: Role;
  active: boolean;
  availability: Availability;
  capacity: number;
  load: number;
  languages?: string[];
  inboxes?: string[] | null;
  campaigns?: string[] | null;
  version?: number;
}

export interface Ticket {
  id: string;
  number: number;
  inbox_id: string;
  channel: string;
  state: TicketState;
  priority: number;
  subject: string | null;
  contact: { id: string | null; name: string | null; verified: boolean } | null;
  campaign_id: string | null;
  campaign_key: string | null;
  tags: string[];
  assignee_id: string | null;
  public: boolean;
  language: string | null;
  last_line: string | null;
  last_direction: Direction | null;
  last_seq: number;
  waiting_since: string | null;
  snoozed_until: string | null;
  solved_at: string | null;
  due_at: string | null;
  follows: string | null;
  created_at: string;
  updated_at: string;
  version: number;
}

export interface Attachment {
  id: string;
  name: string;
  mime: string;
  size: number;
  inline: boolean;
  content_id: string | null;
}

export interface Call {
  state: string;
  inbound: boolean;
  caller: string | null;
  callee: string | null;
  started_at: string | null;
  answered_at: string | null;
  ended_at: string | null;
  duration: number | null;
  recording_url: string | null;
  transcript: string | null;
  outcome?: CallOutcome | null;
}

export interface Author {
  kind: "contact" | "manager" | "system";
  id: string | null;
  name: string | null;
  verified: boolean;
}

export interface Message {
  id: string;
  ticket_id: string;
  seq: number;
  kind: "message" | "note" | "call";
  direction: Direction;
  at: string;
  author: Author;
  text: string;
  html: string | null;
  quoted: string | null;
  subject: string | null;
  delivery: Delivery;
  error: string | null;
  edited_at: string | null;
  deleted_at: string | null;
  external_id: string | null;
  parent_external_id: string | null;
  parent_id?: string | null;
  call: Call | null;
  attachments: Attachment[];
  unverified: boolean;
  remote_images: number;
  permalink: string | null;
  /** In an event: there is more than it carries; ask for the message. */
  truncated?: boolean;
}

export interface Capabilities {
  threading?: string | boolean;
  html?: boolean;
  attachments?: boolean;
  attachment_limit?: number | null;
  text_limit?: number | null;
  public?: boolean;
  starts_tickets?: boolean;
  logs_by_hand?: boolean;
  replies?: boolean;
  subject?: boolean;
  live?: boolean;
  typing?: boolean;
  edits?: boolean;
}

export interface SchemaProperty {
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  format?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  writeOnly?: boolean;
  readOnly?: boolean;
  examples?: unknown[];
  anyOf?: SchemaProperty[];
  allOf?: SchemaProperty[];
  items?: SchemaProperty;
  properties?: Record<string, SchemaProperty>;
  additionalProperties?: boolean | SchemaProperty;
  $ref?: string;
  de?: { title?: string; description?: string };
  [extra: string]: unknown;
}

export interface ConfigSchema extends SchemaProperty {
  required?: string[];
  $defs?: Record<string, SchemaProperty>;
}

export interface Channel {
  kind: string;
  title: { en: string; de: string };
  schema: ConfigSchema;
  capabilities: Capabilities;
}

export interface Inbox {
  id: string;
  channel: string;
  name: string;
  active: boolean;
  config: Record<string, unknown>;
  campaign_id: string | null;
  health: "ok" | "failing" | "unknown";
  health_note: string | null;
  health_at: string | null;
  hook_url: string | null;
  snippet: string | null;
  capabilities: Capabilities;
  version: number;
  secrets?: Record<string, string>;
}

export interface Client {
  id: string;
  key: string | null;
  name: string;
  version?: number;
}

export interface Campaign {
  id: string;
  key: string;
  name: string;
  client_id: string | null;
  phase: string | null;
  starts_on: string | null;
  ends_on: string | null;
  languages: string[];
  team_id: string | null;
  topics: string[];
  version: number;
}

export interface Identity {
  kind: string;
  value: string;
  scope: string | null;
  verified: boolean;
}

export interface Contact {
  id: string;
  name: string | null;
  language: string | null;
  identities: Identity[];
  created_at: string;
  tickets: Ticket[];
}

export interface Quarantined {
  id: string;
  inbox_id: string;
  at: string;
  reason: string;
  size: number;
  content_type: string | null;
}

export interface Counters {
  position: string;
  queue: number;
  mine: number;
  unassigned: number;
  waiting: number;
  snoozed: number;
  quarantine: number;
  by_channel: Record<string, number>;
  by_campaign: Record<string, number>;
}

export interface Upload {
  id: string;
  name: string;
  mime: string;
  size: number;
}

export interface StreamEvent {
  position: string;
  type: string;
  at: string;
  subject: string;
  data: {
    ticket?: Ticket;
    message?: Message;
    campaign?: Campaign;
    client?: Client;
    contact?: { id: string; name: string };
    inbox?: Partial<Inbox> & { id: string };
    manager?: Partial<Manager> & { id: string };
    count?: number;
  } & Record<string, unknown>;
}

export interface Presence {
  id: string;
  availability: Availability;
  load?: number;
}

export type ServerFrame =
  | { type: "welcome"; position: string; managers: Presence[] }
  | { type: "events"; items: StreamEvent[] }
  | { type: "presence"; managers: Presence[] }
  | { type: "viewing"; ticket_id: string; managers: string[] }
  | { type: "typing"; ticket_id: string; by: { kind: "contact" | "manager"; id: string; name: string }; on: boolean }
  | { type: "resync" }
  | { type: "pong"; position: string }
  | { type: "error"; code: string };

export type ClientFrame =
  | { type: "hello"; since: string | null }
  | { type: "subscribe"; ticket_id: string | null }
  | { type: "viewing"; ticket_id: string | null }
  | { type: "typing"; ticket_id: string; on: boolean }
  | { type: "presence"; availability: Availability }
  | { type: "ping" };
