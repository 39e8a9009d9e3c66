"""HTTP for TMDB: the key, deadlines, retries, the rate limit, the circuit breaker and a cap on responses."""

import asyncio
import logging
import re
from collections.abc import Generator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property, partial
from time import monotonic
from types import TracebackType
from typing import Final, Protocol, Self

import httpx
import msgspec
import stamina
import structlog

from infocus_graphql.tmdb import wire
from infocus_graphql.tmdb.breaker import CircuitBreaker
from infocus_graphql.tmdb.errors import (
    CircuitOpen,
    InvalidResponse,
    KeyRejected,
    LimitReached,
    RequestRejected,
    TitleNotFound,
    TmdbError,
    TmdbUnavailable,
)

# A series with many seasons and all its people takes nearly a megabyte.
MAX_RESPONSE_BYTES: Final = 16_000_000
# Failures come with a short body, so larger ones needn't be looked through.
_FAILURE_BYTES: Final = 2_000
_CONNECTIONS: Final = 10
_BULK_CONNECTIONS: Final = 8
_FAIR_SECONDS: Final = 1.0
_ATTEMPTS: Final = 4
_FIRST_WAIT_SECONDS: Final = 0.25
_LONGEST_WAIT_SECONDS: Final = 10.0
_VERSION_3_KEY: Final = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)
# httpx logs the URL of each request at the level INFO, and a version 3 key is in it.
logging.getLogger("httpx").setLevel(logging.WARNING)
# stamina logs each retry; `_log_failure` has their number.
stamina.instrumentation.set_on_retry_hooks(())

log = structlog.get_logger("infocus.tmdb")

_status = msgspec.json.Decoder(wire.Status, strict=False)


class Throttle(Protocol):
    """A rate limit for calls, shared by all processes that use the key. See `rate_limiting/throttle.py`."""

    async def acquire(self, seconds: float, *, bulk: bool = False) -> bool:
        """Waits until a call is allowed, behind other calls if `bulk`. False if that takes too long."""

    async def pause(self, seconds: float) -> None:
        """Allows no call for some seconds."""


@dataclass(slots=True)
class _Call:
    """A call with its deadline, the number of requests sent so far, and when the last one was sent.

    Times are those of `monotonic`.
    """

    path: str
    params: Mapping[str, str]
    deadline: float
    bulk: bool = False
    attempts: int = 0
    sent_at: float = 0.0
    failure: TmdbUnavailable | None = None

    @property
    def seconds_left(self) -> float:
        return self.deadline - monotonic()


class _Key(httpx.Auth):
    """Sends a v4 read access token as a bearer token, and a v3 key as a query parameter.

    TMDB accepts v3 keys as a parameter only. It is added when the request is sent, so neither this package's
    messages nor the URLs that callers see contain it.
    """

    def __init__(self, key: str) -> None:
        self._key = key
        self._in_query = _VERSION_3_KEY.fullmatch(key) is not None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._in_query:
            request.url = request.url.copy_merge_params({"api_key": self._key})
        else:
            request.headers["Authorization"] = f"Bearer {self._key}"
        yield request


class Transport:
    """Sends GET requests to TMDB and returns the bodies of its JSON responses. Logs all failures.

    Opens no connection before the first call.
    """

    def __init__(
        self,
        key: str,
        *,
        base_url: str,
        throttle: Throttle,
        breaker: CircuitBreaker | None = None,
        max_bytes: int = MAX_RESPONSE_BYTES,
    ) -> None:
        self._key, self._base_url = _Key(key), base_url
        self._slots = asyncio.Semaphore(_CONNECTIONS)
        self._bulk_slots = asyncio.Semaphore(_BULK_CONNECTIONS)
        self._throttle = throttle
        self._breaker = breaker or CircuitBreaker()
        self._max_bytes = max_bytes

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections."""
        if "_http" in self.__dict__:
            await self._http.aclose()

    @cached_property
    def _http(self) -> httpx.AsyncClient:
        """Made for the first call: loading the certificates takes 20 ms."""
        return httpx.AsyncClient(
            base_url=self._base_url,
            auth=self._key,
            headers={"Accept": "application/json"},
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
            timeout=None,  # noqa: S113 - each call has a deadline, which contains its retries
            trust_env=False,
        )

    async def get(self, path: str, params: Mapping[str, str], *, seconds: float, bulk: bool = False) -> bytes:
        """The body of the response, within `seconds`, retries and waiting for the rate limit included.

        A bulk call leaves connections and the next free moment to others. Raises a TmdbError.
        """
        call = _Call(path, params, monotonic() + seconds, bulk)
        try:
            return await self._in_time(call, seconds)
        except TmdbError as error:
            _log_failure(call, error, monotonic() - call.deadline + seconds)
            raise

    async def _in_time(self, call: _Call, seconds: float) -> bytes:
        retries = stamina.retry_context(
            on=partial(_retry_after, call),
            attempts=_ATTEMPTS,
            timeout=seconds,
            wait_initial=_FIRST_WAIT_SECONDS,
            wait_max=_LONGEST_WAIT_SECONDS,
            wait_jitter=_FIRST_WAIT_SECONDS,
        )
        try:
            async with asyncio.timeout(seconds):
                async for attempt in retries:
                    with attempt:
                        try:
                            return await self._attempt(call)
                        except TmdbUnavailable as error:
                            call.failure = error
                            raise
        except TimeoutError as error:
            if call.failure is not None:
                raise call.failure from error
            if call.attempts:
                raise TmdbUnavailable(f"{call.path}: no response within {seconds:g} s") from error
            raise LimitReached(f"{call.path}: not sent within {seconds:g} s") from error
        raise AssertionError("stamina returns or raises")

    async def _attempt(self, call: _Call) -> bytes:
        self._breaker.check()  # before waiting for a connection or the rate limit
        async with self._bulk_slots if call.bulk else nullcontext(), self._slots:
            if not await self._throttle.acquire(call.seconds_left, bulk=call.bulk):
                raise LimitReached(f"{call.path}: the rate limit allows no call in time")
            self._breaker.enter()
            call.attempts += 1
            call.sent_at = monotonic()
            failure, body = await self._send(call)
        if isinstance(failure, TmdbUnavailable):
            self._breaker.failed()
            if failure.retry_after is not None:
                await self._throttle.pause(failure.retry_after)
        else:
            self._breaker.succeeded()
        if failure is not None:
            raise failure
        return body

    async def _send(self, call: _Call) -> tuple[TmdbError | None, bytes]:
        """Sends a request. Returns the body of the response, and the error that it reports, if any."""
        path = call.path
        try:
            async with self._http.stream("GET", path, params=dict(call.params)) as response:
                body = await self._body(path, response)
        except asyncio.CancelledError:
            # After a long wait for the rate limit, TMDB had no fair chance to respond.
            if call.seconds_left <= 0 and monotonic() - call.sent_at >= _FAIR_SECONDS:
                self._breaker.failed()
            else:
                self._breaker.abandoned()
            raise
        except InvalidResponse as error:
            return error, b""
        except httpx.DecodingError:
            return InvalidResponse(f"{path}: the compressed body is damaged"), b""
        except httpx.HTTPError as error:
            return TmdbUnavailable(f"{path}: {type(error).__name__}"), b""
        return _failure(path, response, body), body

    async def _body(self, path: str, response: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self._max_bytes:
                raise InvalidResponse(f"{path}: the body is larger than {self._max_bytes:,} bytes")
        return bytes(body)


def _log_failure(call: _Call, error: TmdbError, seconds: float) -> None:
    """Logs a failed call, quietly if the title doesn't exist or the failures before it were logged."""
    write = log.info if isinstance(error, TitleNotFound | CircuitOpen) else log.warning
    kind, ms = type(error).__name__, round(seconds * 1000, 1)
    write(
        "TMDB call failed",
        path=call.path,
        status=error.status,
        attempts=call.attempts,
        ms=ms,
        error=kind,
        reason=str(error),
    )


def _retry_after(call: _Call, error: Exception) -> bool | float:
    """Whether stamina retries, or the seconds that TMDB asks to wait, if there are so many."""
    if not isinstance(error, TmdbUnavailable) or isinstance(error, CircuitOpen | LimitReached):
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after < call.seconds_left else False


def _failure(path: str, response: httpx.Response, body: bytes) -> TmdbError | None:
    """Returns the error that a response reports; None if it succeeded."""
    code = response.status_code
    if code == httpx.codes.TOO_MANY_REQUESTS or code >= httpx.codes.INTERNAL_SERVER_ERROR:
        wait = _seconds(response.headers.get("Retry-After"))
        return TmdbUnavailable(f"{path}: status {code}", code, retry_after=wait)
    is_json = response.headers.get("Content-Type", "").split(";")[0].strip() == "application/json"
    said = _said(body) if is_json and len(body) <= _FAILURE_BYTES else wire.Status()
    reason = f"{path}: {said.status_message or f'status {code}'}"
    if code == httpx.codes.UNAUTHORIZED:
        return KeyRejected(reason, code)
    if code == httpx.codes.NOT_FOUND:
        return TitleNotFound(reason, code)
    if code >= httpx.codes.BAD_REQUEST:
        return RequestRejected(reason, code)
    if code != httpx.codes.OK or not is_json or not said.success:
        return InvalidResponse(reason if is_json else f"{path}: the response is no JSON", code)
    return None


def _said(body: bytes) -> wire.Status:
    try:
        return _status.decode(body)
    except msgspec.DecodeError:
        return wire.Status()  # reported where the body is decoded


def _seconds(header: str | None) -> float | None:
    """The seconds of a Retry-After header; TMDB sends no dates."""
    return float(header) if header is not None and header.strip().isdecimal() else None
