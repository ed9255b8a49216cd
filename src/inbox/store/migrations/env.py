"""Runs migrations on the connection that `inbox.store.migrate` holds."""

from importlib import import_module

from alembic import context

from inbox.store.schema import metadata

# A table is known once its module is imported.
for module in (
    "tables",
    "credential_tables",
    "move_tables",
    "pictures",
    "routing_tables",
    "suppressions",
    "visitor_tables",
):
    import_module(f"inbox.store.{module}")

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transaction_per_migration=True
)
with context.begin_transaction():
    context.run_migrations()
