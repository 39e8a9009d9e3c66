"""Use cases from the command line: the services of a process, opened and closed around one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infocus_graphql.graph.context import Services
    from infocus_graphql.settings import Settings


@asynccontextmanager
async def open_services(settings: "Settings", url: str) -> AsyncIterator["Services"]:
    """Services on the database at `url`."""
    from infocus_graphql.app import make_services

    services = make_services(settings, url)
    try:
        yield services
    finally:
        await services.database.dispose()
        services.passwords.close()
