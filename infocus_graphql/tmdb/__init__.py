"""A client for the API of The Movie Database (TMDB), version 3. It knows nothing of this product's entities.

- `client`: the calls. Each returns typed records or raises a `TmdbError`.
- `records`: what the calls return. Everything that TMDB doesn't know is None or empty.
- `wire`: the shapes in which TMDB sends it, and `conversion`: from these to records.
- `transport`: HTTP with deadlines, retries, a rate limit, a circuit breaker and a limit on response sizes.
- `errors`: the errors, and which of them are worth a retry.

TMDB's terms ask for attribution, see `ATTRIBUTION`.
"""

from typing import Final

ATTRIBUTION: Final = "This product uses the TMDB API but is not endorsed or certified by TMDB."
OFFERS_ATTRIBUTION: Final = "Streaming offers are data of JustWatch, provided by TMDB."
