"""Runs migrations on the connection that `inbox.store.migrate` holds."""

from alembic import context

from inbox.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transaction_per_migration=True
)
with context.begin_transaction():
    context.run_migrations()
