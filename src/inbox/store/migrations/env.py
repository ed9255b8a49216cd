"""Runs migrations on the connection that `inbox.store.migrate` holds."""

from alembic import context

from inbox.store import credential_tables, tables

# Every table is known once its module is imported; all share one metadata.
METADATA = {credential_tables.metadata, tables.metadata}.pop()

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, transaction_per_migration=True
)
with context.begin_transaction():
    context.run_migrations()
