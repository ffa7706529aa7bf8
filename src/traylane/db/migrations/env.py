"""How Alembic runs: always on the connection that `traylane.db.migrate` hands over."""

from alembic import context

from traylane.db.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
