"""A worker that starts a job and hangs until it is killed: `python -m tests.jobs.doomed URL`."""

import asyncio
import sys

from infocus_graphql.background import connector
from infocus_graphql.db.database import Database
from infocus_graphql.db.engines import make_engines
from infocus_graphql.jobs.job_types import JobData
from infocus_graphql.jobs.worker import Worker
from infocus_graphql.settings import Environment, Settings

from .conftest import QUICK, TRIAL


async def hang(_: JobData) -> None:
    """Never completes the job."""
    print("taken", flush=True)
    await asyncio.Event().wait()


async def main(url: str) -> None:
    """Runs the worker."""
    settings = Settings(_env_file=None, env=Environment.TEST)
    database = Database(make_engines(url, settings))
    await Worker(database, connector(url, settings), {TRIAL: hang}, pace=QUICK).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
