"""Makes the TMDB client that the settings describe."""

from infocus_graphql.db.asyncpg_pool import AsyncpgPool
from infocus_graphql.rate_limiting.throttle import LocalThrottle, SharedThrottle
from infocus_graphql.settings import Settings
from infocus_graphql.tmdb.client import TmdbClient
from infocus_graphql.tmdb.transport import Throttle, Transport


def tmdb_client(settings: Settings, pool: AsyncpgPool | None = None) -> TmdbClient | None:
    """The TMDB client, or None if no key is configured. Opens no connection yet.

    Its rate limit is shared with all processes on the database of `pool`, if there is one.
    """
    if settings.tmdb_key is None:
        return None
    rate = settings.tmdb_requests_per_second
    throttle: Throttle = LocalThrottle(rate) if pool is None else SharedThrottle(pool, "tmdb", rate)
    key = settings.tmdb_key.get_secret_value()
    return TmdbClient(Transport(key, base_url=settings.tmdb_url, throttle=throttle))
