"""The tables of who may come in: sessions, links, keys, limits; and of where inboxes may."""

from __future__ import annotations

from sqlalchemy import ARRAY, Boolean, Column, ForeignKey, Integer, LargeBinary, Table, Text, Uuid, text

from inbox.store.schema import EMPTY_LIST, NOW, Moment, key, metadata

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("manager_id", ForeignKey("managers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment, nullable=False),
    Column("agent", Text),
)

one_time_links = Table(
    "one_time_links",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("purpose", Text, nullable=False),  # setup | invite | reset
    Column("manager_id", ForeignKey("managers.id", ondelete="CASCADE")),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

attempts = Table(  # of signing in and the like, for limits
    "attempts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("since", Moment, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    key(),
    Column("name", Text, nullable=False),
    Column("prefix", Text, nullable=False, unique=True),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("all_inboxes", Boolean, nullable=False, server_default=text("true")),
    Column("inboxes", ARRAY(Uuid), nullable=False, server_default=EMPTY_LIST),
    Column("created_by", ForeignKey("managers.id")),
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("revoked_at", Moment),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", Integer),
    Column("body", LargeBinary),
    Column("created_at", Moment, nullable=False, server_default=NOW),
)

inbox_grants = Table(
    "inbox_grants",
    metadata,
    Column("inbox_id", ForeignKey("inboxes.id", ondelete="CASCADE"), primary_key=True),
    Column("sealed", LargeBinary),  # None: nobody has consented yet
    Column("version", Integer, nullable=False, server_default=text("0")),
    Column("given_at", Moment),
    Column("refused_at", Moment),
    Column("lease_until", Moment),  # of who renews it
    Column("asked", LargeBinary),  # sealed: what the answer to the open question must show
    Column("asked_hash", Text, unique=True),
)
