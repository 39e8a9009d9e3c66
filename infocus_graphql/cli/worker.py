"""`infocus worker`, and the worker within a server process."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from infocus_graphql.cli import databases

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from infocus_graphql.settings import Settings

# Within a server, running requests have already had the grace period.
_GRACE: Final = timedelta(seconds=3)


def run_worker(settings: "Settings") -> None:
    """Runs jobs until a signal; a second signal aborts the running jobs."""
    from infocus_graphql.observability.logging import configure_logs
    from infocus_graphql.settings import Settings
    from infocus_graphql.settings.unknown_names import warn_of_unknown_settings

    configure_logs(settings)
    warn_of_unknown_settings(Settings)
    with databases.ended_by_signals(), databases.database(settings) as used:
        print(f"Running jobs of {used.name}. Press Ctrl-C to stop.", flush=True)
        asyncio.run(_work(settings, used.url))


def attach_worker(app: "Starlette", settings: "Settings", url: str) -> None:
    """Starts and stops a worker with the application."""
    from infocus_graphql.background import make_worker
    from infocus_graphql.jobs.worker import running

    serving = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: "Starlette") -> AsyncIterator[Any]:
        async with serving(app) as state:
            services = app.state.services
            async with running(make_worker(settings, services.database, url, _GRACE, services.tmdb)):
                yield state

    app.router.lifespan_context = lifespan


async def _work(settings: "Settings", url: str) -> None:
    from infocus_graphql.background import make_worker
    from infocus_graphql.db.database import Database
    from infocus_graphql.db.engines import make_engines
    from infocus_graphql.server.gc_tuning import freeze_startup_objects
    from infocus_graphql.tmdb.opening import tmdb_client

    database = Database(make_engines(url, settings))
    tmdb = tmdb_client(settings, database.engines.changes)
    worker = make_worker(settings, database, url, timedelta(seconds=settings.shutdown_seconds), tmdb)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, worker.stop)
    freeze_startup_objects()
    try:
        await worker.run()
    finally:
        if tmdb is not None:
            await tmdb.close()
        await database.dispose()
