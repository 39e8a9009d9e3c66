"""A client for the API of The Movie Database (TMDB), version 3. It depends on no entity of this product.

- `opening`: makes the client that the settings describe.
- `client`: the calls. Each returns typed records or raises a `TmdbError`. `discovery` has the filters of one.
- `exports`: the daily files of all ids, which need no key.
- `cached_pages`: the lists that many users read, kept for a short time.
- `records`: the return types. Values that TMDB doesn't know are None or empty.
- `wire` and `wire_lists`: the JSON types of TMDB; `conversion` and `list_conversion` make records of them.
- `transport`: HTTP with deadlines, retries, a rate limit, a circuit breaker and a limit on response sizes.
- `errors`: the errors, and which of them are worth a retry.

TMDB's terms ask for attribution, see `ATTRIBUTION`.
"""

from typing import Final

ATTRIBUTION: Final = "This product uses the TMDB API but is not endorsed or certified by TMDB."
LOGO_URL: Final = (
    "https://www.themoviedb.org/assets/2/v4/logos/v2/"
    "blue_square_2-d537fb228cf3ded904ef09b136fe3fec72548ebc1fea3fbbd1ad9e36364db38b.svg"
)
OFFERS_ATTRIBUTION: Final = "Streaming offers are data of JustWatch, provided by TMDB."
