/**
 * The values of `/api/v1` by the desk's names. Their shapes are generated from openapi/inbox.json before each check, so
 * that the desk and the contract cannot part. What the contract leaves open (settings, events) is said here.
 */
import type { components } from "./schema.d.ts";

type Shapes = components["schemas"];

export type Me = Shapes["MeShape"];
export type Manager = Shapes["ManagerShape"];
export type Ticket = Shapes["TicketShape"];
export type Message = Shapes["MessageShape"];
export type ThreadingReason = Shapes["ThreadingShape"];
export type Line = Shapes["LineShape"];
export type Author = Shapes["AuthorShape"];
export type Attachment = Shapes["AttachmentShape"];
export type Audience = Shapes["AudienceShape"];
export type Suppression = Shapes["SuppressionShape"];
export type KnownAddress = Shapes["AddressShape"];
export type Recipient = Shapes["RecipientShape"];
export type Call = Shapes["CallShape"];
export type Campaign = Shapes["CampaignShape"];
export type Client = Shapes["ClientShape"];
export type Contact = Shapes["ContactWithTickets"];
export type FoundContact = Shapes["ContactShape"];
export type Team = Shapes["TeamShape"];
export type ApiKey = Shapes["ApiKeyShape"];
export type NewApiKey = Shapes["NewApiKeyShape"];
export type ApiKeyScope = Shapes["Scope"];
export type Quarantined = Shapes["QuarantineShape"];
export type Counters = Shapes["Counters"];
export type Upload = Shapes["UploadShape"];
export type Routing = Shapes["RoutingShape"];
export type Rulebook = Shapes["RulebookBody"];
export type Rule = Shapes["RuleBody"];
export type RoutingVersion = Shapes["VersionShape"];
export type RoutingTrial = Shapes["TrialShape"];
export type Checked = Shapes["HealthShape"];
export type Consent = Shapes["ConsentShape"];

export type Reason = Shapes["ReasonShape"];

export type Lane = Ticket["lane"];
export type TeamMode = Team["mode"];
export type Held = Shapes["HeldShape"];
export type AtWork = Shapes["AtWorkShape"];
export type Board = Shapes["BoardShape"];
export type Hand = Shapes["HandShape"];
export type Why = Shapes["WhyShape"];

export type Role = Me["role"];
export type Locale = Me["locale"];
export type Availability = Me["availability"];
export type TicketState = Ticket["state"];
/** The lists that people see; what one is offered stands in a card of its own. */
export type ViewName = Exclude<Shapes["View"], "offered">;

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
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
  recipients?: boolean;
  live?: boolean;
  typing?: boolean;
  edits?: boolean;
  schedules?: boolean;
  signs?: boolean;
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
  options?: Record<string, Partial<Record<Locale, string>>>;
  [extra: string]: unknown;
}

export interface ConfigSchema extends SchemaProperty {
  required?: string[];
  $defs?: Record<string, SchemaProperty>;
}

export type Channel = Shapes["ChannelShape"] & {
  title: { en: string; de: string };
  schema: ConfigSchema;
  capabilities: Capabilities;
};

export type Inbox = Shapes["InboxShape"] & { capabilities: Capabilities; secrets?: Record<string, string> };

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
    team?: Team;
    contact?: { id: string };
    inbox?: Partial<Inbox> & { id: string };
    manager?: Partial<Manager> & { id: string };
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
  | { type: "viewing"; ticket_id: string | null; seq?: number }
  | { type: "typing"; ticket_id: string; on: boolean }
  | { type: "presence"; availability: Availability }
  | { type: "ping" };

/** How long people waited in a channel, until somebody turned to them; seconds. */
export interface RehearsedWaits {
  arrivals: number;
  median: number;
  p90: number;
  missed: number;
  unanswered: number;
}

export interface RehearsedChannel {
  channel: string;
  was: RehearsedWaits | null;
  now: RehearsedWaits | null;
  changed: RehearsedWaits | null;
}

/** A recorded period under the rules that count and under changed ones. */
export interface Rehearsal {
  since: string;
  until: string;
  /** The period held more than can be rehearsed. */
  cut: boolean;
  arrivals: number;
  differing: number;
  channels: RehearsedChannel[];
  handling: { channel: string; seconds: number; samples: number }[];
  people: number;
  guessed: number;
}
