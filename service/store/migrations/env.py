"""What Alembic runs: on the connection that `preparing` gives, or on the URL of `alembic -x url=…`."""

from alembic import context

from service.store.database import Database
from service.store.tables import Base

connection = context.config.attributes.get("connection")
if connection is None:  # `alembic revision --autogenerate`
    database = Database(context.get_x_argument(as_dictionary=True)["url"])
    with database.engine.connect() as own:
        context.configure(connection=own, target_metadata=Base.metadata, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
else:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    context.run_migrations()  # within the caller's transaction
