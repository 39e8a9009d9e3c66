"""The local TMDB of the tests: one server for each test process, in a thread, with real HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from infocus_graphql.local_tmdb.app import LocalTmdb
from infocus_graphql.local_tmdb.catalogue import Catalogue
from infocus_graphql.local_tmdb.server import served_in_thread

TMDB_KEY: Final = "eyJhbGciOiJIUzI1NiJ9.read-access-token"
_MADE_UP: Final = 100


@dataclass(frozen=True)
class ServedTmdb:
    """A local TMDB, the base URL of its API, and that of its exports."""

    tmdb: LocalTmdb
    url: str
    exports_url: str


@contextmanager
def serving_tmdb() -> Iterator[ServedTmdb]:
    """Serves a local TMDB with the well-known titles and a hundred made-up ones."""
    tmdb = LocalTmdb(Catalogue(made_up=_MADE_UP))
    with served_in_thread(tmdb.app) as url:
        yield ServedTmdb(tmdb, f"{url}/3", f"{url}/p/exports")
