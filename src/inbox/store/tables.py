"""The tables, as SQLAlchemy Core knows them; `migrations/` makes them, and a test keeps the two equal."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Interval,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from inbox.store.schema import EMPTY_LIST, EMPTY_OBJECT, NOW, Moment, key, metadata

installation = Table(
    "installation",
    metadata,
    Column("one", Boolean, primary_key=True, server_default=text("true")),
    Column("epoch", Integer, nullable=False, server_default=text("1")),
    Column("system_identifier", Text, nullable=False),
)

clients = Table(
    "clients",
    metadata,
    key(),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("created_at", Moment, nullable=False, server_default=NOW),
)

teams = Table(
    "teams",
    metadata,
    key(),
    Column("name", Text, nullable=False, unique=True),
    Column("mode", Text, nullable=False, server_default=text("'assign'")),
    Column("skills", ARRAY(Text), nullable=False, server_default=EMPTY_LIST),
    Column("overflow_to", ARRAY(Uuid), nullable=False, server_default=EMPTY_LIST),
    Column("overflow_after", Integer, nullable=False, server_default=text("50")),
    Column("offer_for", Interval, nullable=False, server_default=text("'30 seconds'")),
    Column("version", Integer, nullable=False, server_default=text("1")),
)

campaigns = Table(
    "campaigns",
    metadata,
    key(),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("client_id", ForeignKey("clients.id")),
    Column("phase", Text, nullable=False, server_default=text("'draft'")),
    Column("starts_on", Date),
    Column("ends_on", Date),
    Column("languages", ARRAY(Text), nullable=False, server_default=EMPTY_LIST),
    Column("team_id", ForeignKey("teams.id")),
    Column("topics", ARRAY(Text), nullable=False, server_default=EMPTY_LIST),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("created_at", Moment, nullable=False, server_default=NOW),
)

inboxes = Table(
    "inboxes",
    metadata,
    key(),
    Column("channel", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("config", LargeBinary, nullable=False),  # sealed
    Column("campaign_id", ForeignKey("campaigns.id")),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    Column("health", Text, nullable=False, server_default=text("'unknown'")),
    Column("health_note", Text),
    Column("health_at", Moment),
    Column("sending_fault", Text),
    Column("heard_at", Moment),
    Column("received_at", Moment),
    Column("missed", Integer, nullable=False, server_default=text("0")),  # found late, by comparing alone
    Column("failure", Text),
    Column("failed_at", Moment),
    Column("down_since", Moment),
    Column("told_at", Moment),  # when people were told that it is down
    Column("cursor", JSONB),  # where a pulling channel stands
    Column("lease_owner", Uuid),
    Column("lease_until", Moment),
)

managers = Table(
    "managers",
    metadata,
    key(),
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("password_hash", Text),
    Column("availability", Text, nullable=False, server_default=text("'offline'")),
    Column("availability_since", Moment),
    Column("seen_at", Moment),  # last sign of life over all of their screens
    Column("capacity", Integer, nullable=False, server_default=text("100")),
    Column("weights", JSONB, nullable=False, server_default=EMPTY_OBJECT),
    Column("skills", ARRAY(Text), nullable=False, server_default=EMPTY_LIST),
    Column("silent", Integer, nullable=False, server_default=text("0")),
    Column("languages", ARRAY(Text), nullable=False, server_default=EMPTY_LIST),
    Column("locale", Text, nullable=False, server_default=text("'en'")),
    Column("all_inboxes", Boolean, nullable=False, server_default=text("false")),
    Column("inboxes", ARRAY(Uuid), nullable=False, server_default=EMPTY_LIST),
    Column("all_campaigns", Boolean, nullable=False, server_default=text("true")),
    Column("campaigns", ARRAY(Uuid), nullable=False, server_default=EMPTY_LIST),
    Column("assigned_at", Moment),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    Index("uq_managers_email", text("lower(email)"), unique=True),
)

team_members = Table(
    "team_members",
    metadata,
    Column("team_id", ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True),
    Column("manager_id", ForeignKey("managers.id", ondelete="CASCADE"), primary_key=True),
)

contacts = Table(
    "contacts",
    metadata,
    key(),
    Column("name", Text),
    Column("language", Text),
    Column("roles", ARRAY(Text), nullable=False, server_default=EMPTY_LIST),
    Column("language_by", Text),
    Column("heard", Text),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    Column("version", Integer, nullable=False, server_default=text("1")),
)

identities = Table(
    "identities",
    metadata,
    key(),
    Column("contact_id", ForeignKey("contacts.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("scope", Text, nullable=False, server_default=text("''")),
    Column("value", Text, nullable=False),
    Column("verified", Boolean, nullable=False),
    # A verified identity names one person; an unverified one is only a word that several may use.
    Index("uq_identities_verified", "kind", "scope", "value", unique=True, postgresql_where=text("verified")),
    UniqueConstraint("contact_id", "kind", "scope", "value"),
    Index("ix_identities_value", "value"),
)

tickets = Table(
    "tickets",
    metadata,
    key(),
    Column("number", BigInteger, Identity(), nullable=False, unique=True),
    Column("inbox_id", ForeignKey("inboxes.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("contact_id", ForeignKey("contacts.id"), index=True),
    Column("contact_name", Text),
    Column("contact_verified", Boolean, nullable=False, server_default=text("false")),
    Column("subject", Text),
    Column("priority", SmallInteger, nullable=False, server_default=text("1")),
    Column("tags", ARRAY(Text), nullable=False, server_default=EMPTY_LIST),
    Column("campaign_id", ForeignKey("campaigns.id")),
    Column("campaign_key", Text),
    Column("assignee_id", ForeignKey("managers.id")),
    Column("thread", Text),
    Column("language", Text),
    Column("public", Boolean, nullable=False, server_default=text("false")),
    Column("last_line", Text, nullable=False, server_default=text("''")),
    Column("last_direction", Text),
    Column("last_seq", Integer, nullable=False, server_default=text("0")),
    Column("public_seq", Integer, nullable=False, server_default=text("0")),
    Column("waiting_since", Moment),
    Column("snoozed_until", Moment),
    Column("solved_at", Moment),
    Column("due_at", Moment),
    Column("follows", ForeignKey("tickets.id")),
    Column("merged_into", ForeignKey("tickets.id")),
    Column("live", Boolean, nullable=False, server_default=text("false")),
    Column("lane", Text, nullable=False, server_default=text("'answer'")),
    Column("lane_by", Text),
    Column("lane_why", JSONB(none_as_null=True)),
    Column("routed_why", JSONB(none_as_null=True)),
    Column("by_hand", ARRAY(Text), nullable=False, server_default=EMPTY_LIST),
    Column("team_id", ForeignKey("teams.id")),
    Column("skills", ARRAY(Text), nullable=False, server_default=EMPTY_LIST),
    Column("weight", Integer, nullable=False, server_default=text("10")),
    Column("target", Interval, nullable=False, server_default=text("'4 hours'")),
    Column("assigned_at", Moment),
    Column("assigned_why", JSONB(none_as_null=True)),
    Column("offered_to", ForeignKey("managers.id")),
    Column("offered_until", Moment),
    Column("declined_by", ARRAY(Uuid), nullable=False, server_default=EMPTY_LIST),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Index("uq_tickets_public_thread", "inbox_id", "thread", unique=True, postgresql_where=text("public")),
    Index(
        "ix_tickets_queue",
        text("coalesce(due_at, 'infinity'::timestamptz)"),
        text("coalesce(waiting_since, 'infinity'::timestamptz)"),
        "id",
        postgresql_include=["inbox_id", "assignee_id", "campaign_id", "channel", "lane"],
        postgresql_where=text("state = 'open'"),
    ),
    # Lanes to thank or to leave are small beside those to answer.
    Index(
        "ix_tickets_lane",
        "lane",
        text("coalesce(due_at, 'infinity'::timestamptz)"),
        text("coalesce(waiting_since, 'infinity'::timestamptz)"),
        "id",
        postgresql_where=text("state = 'open' and lane <> 'answer'"),
    ),
    Index("ix_tickets_recent", "updated_at", "id"),
    # Small while most tickets have nobody, so that it is chosen before statistics know of the first ten thousand.
    Index("ix_tickets_assignee", "assignee_id", "state", postgresql_where=text("assignee_id is not null")),
    Index("ix_tickets_offered", "offered_to", postgresql_where=text("offered_to is not null")),
    Index("ix_tickets_state", "state", "updated_at", "id"),
    Index("ix_tickets_merged_into", "merged_into", postgresql_where=text("merged_into is not null")),
)

messages = Table(
    "messages",
    metadata,
    key(),
    Column("ticket_id", ForeignKey("tickets.id"), nullable=False),
    Column("inbox_id", ForeignKey("inboxes.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("stored_at", Moment, nullable=False, server_default=NOW),
    Column("text", Text, nullable=False, server_default=text("''")),
    Column("html", Text),
    Column("quoted", Text),
    Column("subject", Text),
    Column("language", Text),
    Column("author_name", Text),
    Column("contact_id", ForeignKey("contacts.id")),
    Column("manager_id", ForeignKey("managers.id")),
    Column("unverified", Boolean, nullable=False, server_default=text("false")),
    Column("external_id", Text),
    Column("original_id", Uuid),  # no key: an original may go, and the message stays
    Column("parent_external_id", Text),
    Column("edition", BigInteger, nullable=False, server_default=text("0")),  # the source's version of it
    Column("delivery", Text, nullable=False, server_default=text("'received'")),
    Column("send_at", Moment),
    Column("unless_answered", Boolean, nullable=False, server_default=text("false")),
    Column("error", Text),
    Column("edited_at", Moment),
    Column("deleted_at", Moment),
    Column("call", JSONB),
    Column("attachments", JSONB, nullable=False, server_default=text("'[]'")),
    Column("recipients", JSONB, nullable=False, server_default=text("'[]'")),
    Column("meta", JSONB, nullable=False, server_default=EMPTY_OBJECT),
    UniqueConstraint("ticket_id", "seq"),
    Index(
        "uq_messages_external", "inbox_id", "external_id", unique=True, postgresql_where=text("external_id is not null")
    ),
    Index("ix_messages_scheduled", "send_at", postgresql_where=text("delivery = 'scheduled'")),
)

editions = Table(  # earlier and late versions of an edited message: nothing said is lost
    "editions",
    metadata,
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("edition", BigInteger, primary_key=True),
    Column("text", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

uploads = Table(
    "uploads",
    metadata,
    key(),
    Column("manager_id", ForeignKey("managers.id", ondelete="CASCADE")),
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), index=True),
    Column("ticket_id", ForeignKey("tickets.id", ondelete="CASCADE")),
    Column("name", Text, nullable=False),
    Column("mime", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("content_id", Text),
    Column("inline", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", Moment, nullable=False, server_default=NOW),
    Index("ix_uploads_sha256", "sha256"),
    Index("ix_uploads_waiting", "created_at", postgresql_where=text("message_id is null")),
)

originals = Table(  # what arrived, as it arrived
    "originals",
    metadata,
    key(),
    Column("inbox_id", ForeignKey("inboxes.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("headers", JSONB, nullable=False, server_default=EMPTY_OBJECT),
    Column("at", Moment, nullable=False),
    Column("stored_at", Moment, nullable=False, server_default=NOW),
    Column("state", Text, nullable=False),  # pending | understood | duplicate | quarantined
    Column("reason", Text),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    UniqueConstraint("inbox_id", "key"),
    Index("ix_originals_digest", "digest"),
    Index("ix_originals_waiting", "id", postgresql_where=text("state = 'pending'")),
    Index("ix_originals_quarantine", "id", postgresql_where=text("state = 'quarantined'")),
)

outbox = Table(
    "outbox",
    metadata,
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("inbox_id", ForeignKey("inboxes.id"), nullable=False),
    Column("ticket_id", ForeignKey("tickets.id"), nullable=False),
    Column("frozen", LargeBinary),
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    Column("run_at", Moment, nullable=False),
    Column("leased_until", Moment),
    Column("lease", BigInteger, nullable=False, server_default=text("0")),  # fencing token
    Column("done_at", Moment),
    Column("error", Text),
    Index("ix_outbox_due", "run_at", postgresql_where=text("done_at is null")),
)

clocks = Table(
    "clocks",
    metadata,
    key(),
    Column("ticket_id", ForeignKey("tickets.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("stopped_at", Moment),
    Column("fired_at", Moment),
    Index(
        "uq_clocks_running",
        "ticket_id",
        "kind",
        unique=True,
        postgresql_where=text("stopped_at is null and fired_at is null"),
    ),
    Index("ix_clocks_due", "due_at", postgresql_where=text("stopped_at is null and fired_at is null")),
)

events = Table(
    "events",
    metadata,
    Column("epoch", Integer, primary_key=True),
    # Given by the transaction, so that a reader can stop before the oldest one still running.
    Column(
        "transaction",
        BigInteger,
        primary_key=True,
        server_default=text("((pg_current_xact_id())::text)::bigint"),
    ),
    Column("row", BigInteger, Identity(), primary_key=True),
    Column("type", Text, nullable=False),
    Column("subject", Uuid, nullable=False),
    Column("at", Moment, nullable=False, server_default=NOW),
    Column("inbox_id", Uuid),
    Column("campaign_id", Uuid),
    Column("data", JSON, nullable=False),
)
