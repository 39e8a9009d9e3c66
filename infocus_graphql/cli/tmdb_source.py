"""The TMDB of a command: the real one, or without a key a local one for development."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from infocus_graphql.settings import Settings

_LOCAL_REQUESTS_PER_SECOND: Final = 1000


@contextmanager
def catalogue_source(settings: "Settings") -> Iterator[tuple["Settings", str]]:
    """The settings with TMDB, and its name. Without a key it is a local one, which runs until the end."""
    if settings.tmdb_key is not None:
        yield settings, settings.tmdb_url
        return
    from pydantic import SecretStr

    from infocus_graphql.local_tmdb.app import LocalTmdb
    from infocus_graphql.local_tmdb.server import served_in_thread

    tmdb = LocalTmdb()
    with served_in_thread(tmdb.app) as url:
        Thread(target=tmdb.catalogue.search, args=(" ",), daemon=True).start()  # makes its titles
        local = {
            "tmdb_key": SecretStr("local"),
            "tmdb_url": f"{url}/3",
            "tmdb_exports_url": f"{url}/p/exports",
            "tmdb_requests_per_second": _LOCAL_REQUESTS_PER_SECOND,
        }
        name = "a local TMDB with well-known and made-up titles; set INFOCUS_TMDB_KEY for the real one"
        yield settings.model_copy(update=local), name
