"""The errors of the TMDB client.

    TmdbError
    ├── TitleNotFound      404: TMDB has no such title (any more)
    ├── KeyRejected        401: the API key is missing, wrong or suspended
    ├── RequestRejected    other 4xx: this client sent something that TMDB refuses
    ├── InvalidResponse    a body that is too large, cut off, no JSON or unexpected, or `success: false`
    └── TmdbUnavailable    429, 5xx, no connection, or no response in time, after retries
        ├── CircuitOpen    not tried, because TMDB has failed repeatedly
        └── LimitReached   not tried, because the rate limit allows no call before the deadline

Only a `TmdbUnavailable` passes by itself.
"""


class TmdbError(Exception):
    """A call to TMDB failed. The message names the path, never the key; `status` is that of the response."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class TitleNotFound(TmdbError):
    """TMDB has no title, season or person with this id."""


class KeyRejected(TmdbError):
    """TMDB rejects the API key. No call will succeed until it is replaced."""


class RequestRejected(TmdbError):
    """TMDB refuses the parameters of a call, such as a page beyond 500."""


class InvalidResponse(TmdbError):
    """The response can't be used. Stored data of the title is kept."""


class TmdbUnavailable(TmdbError):
    """TMDB doesn't respond as it should. `retry_after` is the number of seconds it asked to wait, if any."""

    def __init__(self, message: str, status: int | None = None, *, retry_after: float | None = None) -> None:
        super().__init__(message, status)
        self.retry_after = retry_after


class CircuitOpen(TmdbUnavailable):
    """TMDB has failed repeatedly, so the call was not tried. `retry_after` is when the next one is."""


class LimitReached(TmdbUnavailable):
    """The rate limit allows no call before the deadline, so it was not tried. TMDB has not failed."""
