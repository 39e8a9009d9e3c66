"""The services for use cases that run from the command line."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infocus_graphql.graph.context import Services
    from infocus_graphql.settings import Settings


@asynccontextmanager
async def open_services(settings: "Settings", url: str) -> AsyncIterator["Services"]:
    """The services on the database at `url`, closed at the end of the block."""
    from infocus_graphql.app import make_services

    services = make_services(settings, url)
    try:
        yield services
    finally:
        await services.titles.close()
        if services.tmdb is not None:
            await services.tmdb.close()
        await services.database.dispose()
        services.passwords.close()
