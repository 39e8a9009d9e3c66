"""A worker that makes notifications until it is killed: `python -m tests.api.notifications.doomed URL`."""

import asyncio
import sys

from infocus_graphql.db.database import Database
from infocus_graphql.db.engines import make_engines
from infocus_graphql.domains.deliveries.planning import plan_deliveries
from infocus_graphql.domains.notifications.consuming import NotificationConsumer
from infocus_graphql.settings import Environment, Settings
from infocus_graphql.tables import MODELS

assert MODELS  # all tables are mapped


async def main(url: str) -> None:
    """Runs the consumer."""
    database = Database(make_engines(url, Settings(_env_file=None, env=Environment.TEST)))
    await NotificationConsumer(database, plan_deliveries).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
