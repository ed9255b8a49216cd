/** Every call that the desk makes, by its name. */
import { http, type Query } from "./client.ts";
import type {
  ApiKey,
  ApiKeyScope,
  Audience,
  Availability,
  Board,
  Campaign,
  Channel,
  Checked,
  Client,
  Consent,
  Contact,
  Counters,
  FoundContact,
  Inbox,
  KnownAddress,
  Locale,
  Manager,
  Me,
  Message,
  NewApiKey,
  Page,
  Quarantined,
  Rehearsal,
  Role,
  Routing,
  RoutingTrial,
  RoutingVersion,
  Rulebook,
  Suppression,
  Team,
  Ticket,
  Upload,
  Why,
} from "./types.ts";

export interface NewTicket {
  inbox_id: string;
  to: { contact_id: string } | { email: string; name?: string } | { phone: string; name?: string };
  subject?: string;
  text: string;
  campaign_id?: string;
  call?: HandCall;
  cc?: Addressed[];
  bcc?: Addressed[];
}

export interface HandCall {
  direction: "inbound" | "outbound";
  at: string;
  duration: number;
  outcome: string;
}

export interface Addressed {
  address: string;
  name?: string;
}

export interface NewMessage {
  kind: "reply" | "note";
  to?: Addressed[];
  cc?: Addressed[];
  bcc?: Addressed[];
  text: string;
  last_seen: number;
  solve?: boolean;
  attachments?: string[];
  parent_id?: string;
  send_anyway?: boolean;
  send_at?: string;
  unless_answered?: boolean;
}

/** When a scheduled answer leaves. */
export interface Timing {
  send_at: string;
  unless_answered: boolean;
}

export interface InboxDraft {
  channel: string;
  name: string;
  config: Record<string, unknown>;
  campaign_id?: string;
}

export type TeamDraft = Pick<Team, "name" | "members" | "mode" | "skills" | "overflow_to" | "overflow_after" | "offer_for">;

export interface GrantsDraft {
  role?: Role;
  active?: boolean;
  capacity?: number;
  languages?: string[];
  skills?: string[];
  weights?: Record<string, number>;
  inboxes?: string[] | null;
  campaigns?: string[] | null;
  availability?: Availability;
}

const ticket = (id: string): string => `/tickets/${id}`;

export const api = {
  setup: {
    needed: () => http.get<{ needed: boolean }>("/setup"),
    finish: (body: {
      token: string;
      name: string;
      email: string;
      password: string;
      locale: Locale;
      start: "demo" | "empty";
    }) => http.post<Me>("/setup", body),
  },
  session: {
    me: () => http.get<Me>("/me"),
    open: (email: string, password: string) => http.post<Me>("/session", { email, password }),
    close: () => http.delete("/session"),
    change: (patch: Partial<Pick<Me, "name" | "locale" | "availability" | "languages" | "capacity">>) =>
      http.patch<Me>("/me", patch),
    password: (current: string, next: string) => http.post<void>("/me/password", { current, new: next }),
    forgot: (email: string) => http.post<void>("/password-reset", { email }),
  },
  links: {
    open: (token: string) =>
      http.post<{ purpose: "invite" | "reset"; email: string; name: string | null }>("/links/open", { token }),
    accept: (body: { token: string; name?: string; password?: string; locale?: Locale }) =>
      http.post<Me>("/links/accept", body),
  },
  tickets: {
    list: (query: Query) => http.get<Page<Ticket> & { position: string }>("/tickets", query),
    get: (id: string) => http.get<Ticket>(ticket(id)),
    begin: (body: NewTicket, key: string) => http.post<Ticket>("/tickets", body, key),
    change: (id: string, version: number, patch: Record<string, unknown>) =>
      http.patch<Ticket>(ticket(id), { version, ...patch }),
    claim: (id: string) => http.post<Ticket>(`${ticket(id)}/claim`),
    release: (id: string) => http.post<Ticket>(`${ticket(id)}/release`),
    assign: (id: string, manager: string) => http.post<Ticket>(`${ticket(id)}/assign`, { manager_id: manager }),
    merge: (id: string, body: { into: string; reason?: string; different_contacts: boolean }) =>
      http.post<Ticket>(`${ticket(id)}/merge`, body),
    unmerge: (id: string) => http.delete<Ticket>(`${ticket(id)}/merge`),
    split: (id: string, body: { messages: string[]; subject?: string; reason?: string }) =>
      http.post<Ticket>(`${ticket(id)}/split`, body),
    unsplit: (id: string) => http.delete<Ticket>(`${ticket(id)}/split`),
    accept: (id: string) => http.post<Ticket>(`${ticket(id)}/accept`),
    decline: (id: string) => http.post<Ticket>(`${ticket(id)}/decline`),
    extend: (id: string) => http.post<Ticket>(`${ticket(id)}/extend`),
    why: (id: string) => http.get<Why>(`${ticket(id)}/why`),
    messages: (id: string, cursor?: string) =>
      http.get<Page<Message>>(`${ticket(id)}/messages`, { limit: 50, cursor: cursor ?? null }),
    recipients: (id: string) => http.get<Audience>(`${ticket(id)}/recipients`),
    forward: (
      id: string,
      message: string,
      body: { to: Addressed[]; cc?: Addressed[]; bcc?: Addressed[]; text: string; files: string[]; attachments: string[] },
      key: string,
    ) => http.post<Message>(`${ticket(id)}/messages/${message}/forward`, body, key),
    say: (id: string, body: NewMessage, key: string) => http.post<Message>(`${ticket(id)}/messages`, body, key),
    logCall: (id: string, body: HandCall & { text: string }, key: string) =>
      http.post<Message>(`${ticket(id)}/calls`, body, key),
    retry: (id: string, message: string) => http.post<Message>(`${ticket(id)}/messages/${message}/retry`),
    signature: (id: string, text: string) =>
      http.post<{ language: string | null; text: string }>(`${ticket(id)}/signature`, { text }),
    reschedule: (id: string, message: string, timing: Partial<Timing>) =>
      http.patch<Message>(`${ticket(id)}/messages/${message}`, timing),
    sendNow: (id: string, message: string) => http.post<Message>(`${ticket(id)}/messages/${message}/send`),
    withdraw: (id: string, message: string) => http.post<Message>(`${ticket(id)}/messages/${message}/withdraw`),
  },
  uploads: { add: (file: File) => http.upload<Upload>("/uploads", { name: file.name }, file) },
  board: () => http.get<Board>("/board"),
  counters: () => http.get<Counters>("/counters"),
  channels: () => http.get<{ items: Channel[] }>("/channels"),
  inboxes: {
    list: () => http.get<{ items: Inbox[] }>("/inboxes"),
    add: (draft: InboxDraft) => http.post<Inbox>("/inboxes", draft),
    change: (id: string, version: number, patch: Record<string, unknown>) =>
      http.patch<Inbox>(`/inboxes/${id}`, { version, ...patch }),
    remove: (id: string) => http.delete(`/inboxes/${id}`),
    check: (body: { channel: string; config: Record<string, unknown>; inbox_id?: string }) =>
      http.post<Checked>("/inboxes/check", body),
    consent: (id: string) => http.get<Consent>(`/inboxes/${id}/consent`),
    askConsent: (id: string) => http.post<{ url: string }>(`/inboxes/${id}/consent`),
    answerConsent: (answer: { state: string; code?: string; error?: string }) =>
      http.post<Checked & { inbox_id: string }>("/inboxes/consent", answer),
    forgetConsent: (id: string) => http.delete(`/inboxes/${id}/consent`),
  },
  managers: {
    list: () => http.get<{ items: Manager[] }>("/managers"),
    invite: (body: {
      email: string;
      name: string;
      role: Role;
      inboxes: string[] | null;
      campaigns: string[] | null;
    }) => http.post<{ manager: Manager; link: string | null }>("/managers/invite", body),
    change: (id: string, version: number, patch: GrantsDraft) =>
      http.patch<Manager>(`/managers/${id}`, { version, ...patch }),
    reset: (id: string) => http.post<{ link: string | null }>(`/managers/${id}/reset`),
  },
  teams: {
    list: () => http.get<{ items: Team[] }>("/teams"),
    add: (body: TeamDraft) => http.post<Team>("/teams", body),
    change: (id: string, version: number, patch: Partial<TeamDraft>) => http.patch<Team>(`/teams/${id}`, { version, ...patch }),
  },
  keys: {
    list: () => http.get<{ items: ApiKey[] }>("/api-keys"),
    add: (body: { name: string; scopes: ApiKeyScope[]; inboxes: string[] | null }) => http.post<NewApiKey>("/api-keys", body),
    revoke: (id: string) => http.delete(`/api-keys/${id}`),
  },
  clients: {
    list: () => http.get<Page<Client>>("/clients", { limit: 100 }),
    add: (body: { key: string; name: string }) => http.post<Client>("/clients", body),
    put: (key: string, name: string) => http.put<Client>(`/clients/by-key/${encodeURIComponent(key)}`, { name }),
  },
  campaigns: {
    list: () => http.get<Page<Campaign>>("/campaigns", { limit: 100 }),
    add: (body: Record<string, unknown>) => http.post<Campaign>("/campaigns", body),
    change: (id: string, version: number, patch: Record<string, unknown>) =>
      http.patch<Campaign>(`/campaigns/${id}`, { version, ...patch }),
  },
  contacts: {
    find: (q: string) => http.get<Page<FoundContact>>("/contacts", { q, limit: 8 }),
    addresses: (all: string[]) =>
      http.get<{ items: KnownAddress[] }>(`/addresses?${new URLSearchParams(all.map((one) => ["address", one]))}`),
    get: (id: string) => http.get<Contact>(`/contacts/${id}`),
    change: (id: string, patch: { name?: string; language?: string | null; roles?: string[] }) =>
      http.patch<Contact>(`/contacts/${id}`, patch),
  },
  routing: {
    get: () => http.get<Routing>("/routing"),
    put: (version: number, document: Rulebook, note: string) => http.put<Routing>("/routing", { version, document, note }),
    versions: () => http.get<{ items: RoutingVersion[] }>("/routing/versions"),
    version: (version: number) => http.get<Routing>(`/routing/versions/${version}`),
    rehearse: (document: Rulebook, period: { since: string; until: string }) =>
      http.post<Rehearsal>("/routing/rehearsal", { document, ...period }),
    test: (ticket_id: string, document: Rulebook) => http.post<RoutingTrial>("/routing/test", { ticket_id, document }),
  },
  suppressions: {
    list: (cursor?: string) => http.get<Page<Suppression>>("/suppressions", { limit: 50, cursor: cursor ?? null }),
    remove: (address: string) => http.delete(`/suppressions/${encodeURIComponent(address)}`),
  },
  quarantine: {
    list: (cursor?: string) => http.get<Page<Quarantined>>("/quarantine", { limit: 50, cursor: cursor ?? null }),
    retry: (id: string) =>
      http.post<{ state: "understood" | "quarantined"; reason: string | null }>(`/quarantine/${id}/retry`),
    rawUrl: (id: string) => `/api/v1/quarantine/${id}/raw`,
  },
  demo: {
    state: () => http.get<{ running: boolean; demo_url: string | null }>("/demo"),
    start: () => http.post<void>("/demo/start"),
    stop: () => http.post<void>("/demo/stop"),
  },
};

export { Problem } from "./client.ts";
