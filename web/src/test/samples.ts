/** Whole tickets, messages and events for tests, of which each test names only what it is about. */
import type { Manager, Message, StreamEvent, Ticket } from "../api/types.ts";

export function ticket(id: string, part: Partial<Ticket> = {}): Ticket {
  return {
    id,
    number: 1,
    inbox_id: "inbox-1",
    channel: "email",
    state: "open",
    priority: 1,
    subject: "When does it ship?",
    contact: { id: "c-1", name: "Maria Keller", verified: true },
    campaign_id: null,
    campaign_key: null,
    tags: [],
    assignee_id: null,
    public: false,
    language: null,
    last_line: "When does it ship?",
    last_direction: "inbound",
    last_seq: 1,
    waiting_since: "2026-11-22T08:00:00.000Z",
    snoozed_until: null,
    solved_at: null,
    due_at: null,
    follows: null,
    merged_into: null,
    lane: "answer",
    lane_by: null,
    lane_why: null,
    team_id: null,
    skills: [],
    weight: 10,
    target: 14_400,
    assigned_at: null,
    assigned_why: null,
    offered_to: null,
    offered_until: null,
    declined_by: [],
    created_at: "2026-11-22T08:00:00.000Z",
    updated_at: "2026-11-22T08:00:00.000Z",
    version: 1,
    ...part,
  };
}

export function message(id: string, seq: number, part: Partial<Message> = {}): Message {
  return {
    id,
    ticket_id: "t-1",
    inbox_id: "inbox-1",
    copy_to: null,
    seq,
    kind: "message",
    direction: "inbound",
    at: "2026-11-22T08:00:00.000Z",
    author: { kind: "contact", id: "c-1", name: "Maria Keller", verified: true },
    text: `message ${id}`,
    html: null,
    quoted: null,
    subject: null,
    language: null,
    delivery: "received",
    send_at: null,
    automatic: false,
    unless_answered: false,
    error: null,
    edited_at: null,
    deleted_at: null,
    external_id: null,
    parent_external_id: null,
    call: null,
    attachments: [],
    recipients: [],
    unverified: false,
    reused_id: false,
    remote_images: 0,
    invitation: null,
    seal: null,
    raw: false,
    receipt: false,
    read: [],
    permalink: null,
    event: null,
    threading: null,
    moved: false,
    truncated: false,
    ...part,
  };
}

export function manager(id: string, part: Partial<Manager> = {}): Manager {
  return {
    id,
    name: "Jonas Weber",
    email: null,
    role: "manager",
    active: true,
    availability: "away",
    capacity: 100,
    load: 10,
    holds: { email: 1 },
    weights: {},
    skills: [],
    teams: [],
    languages: [],
    inboxes: null,
    campaigns: null,
    version: 1,
    ...part,
  };
}

let position = 0;

export function event(type: string, data: StreamEvent["data"]): StreamEvent {
  return { position: `1.${++position}.0`, type, at: "2026-11-22T08:00:00.000Z", subject: "s", data };
}
