"""Alembic's entry: runs the migrations on the engine it is given, in one transaction that keeps other writers out."""

from alembic import context
from sqlalchemy import Engine

from crumbless.store.tables_people import metadata

engine: Engine = context.config.attributes["engine"]
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    with context.begin_transaction():
        context.run_migrations()
