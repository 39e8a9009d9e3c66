"""Failures of the local TMDB, on request."""

import asyncio
import enum
import gzip
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from starlette.responses import HTMLResponse, JSONResponse, Response


class Fault(enum.Enum):
    """A fault of a response."""

    RATE_LIMITED = "429 with Retry-After: 1"
    RATE_LIMITED_SILENTLY = "429 without Retry-After"
    SERVER_ERROR = "500 with TMDB's body"
    BAD_GATEWAY = "502 with an HTML page"
    HTML = "200 with an HTML page"
    NO_SUCCESS = "200 with `success: false`"
    TRUNCATED = "200 with half of the body"
    WRONG_TYPES = "200 with an object as the id, of the first result of a page"
    EMPTY_BLOCKS = "200 without the appended blocks"
    SLOW = "the right response, after ten seconds"
    HUGE = "200 with twenty megabytes"
    KEY_REJECTED = "401"
    CUT_LINE = "200 with an export whose last line is incomplete"


_SLOW_SECONDS: Final = 10
_HUGE_BYTES: Final = 20_000_000
_BLOCKS: Final = (
    "credits", "aggregate_credits", "keywords", "translations", "videos", "recommendations", "external_ids",
    "watch/providers", "release_dates", "content_ratings",
)  # fmt: skip
_TOO_MANY: Final = "Your request count is over the allowed limit."
_PAGE: Final = "<h1>Bad gateway</h1>"


@dataclass
class Faults:
    """The failures that are to come: each applies to so many requests whose path begins with a prefix.

    A failure with a language only applies to requests for texts in it.
    """

    _planned: list[tuple[str, str | None, Fault, int]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)  # the paths of all requests so far
    languages: list[str] = field(default_factory=list)  # the languages of those that have one
    delay: float = 0.0  # seconds before each response

    def plan(
        self, fault: Fault, *, path: str = "", language: str | None = None, times: int = 1_000_000
    ) -> None:
        """Has the next requests for a path fail."""
        self._planned.append((path, language, fault, times))

    def clear(self) -> None:
        """Removes the planned faults and the recorded requests."""
        self._planned.clear()
        self.requests.clear()
        self.languages.clear()
        self.delay = 0.0

    async def apply(
        self, path: str, language: str | None, respond: Callable[[], Awaitable[Response]]
    ) -> Response:
        """The response to a request, with the fault that is planned for it."""
        self.requests.append(path)
        if language is not None:
            self.languages.append(language)
        if self.delay:
            await asyncio.sleep(self.delay)
        for place, (prefix, only, fault, times) in enumerate(self._planned):
            if path.startswith(prefix) and only in {None, language}:
                self._planned[place : place + 1] = [(prefix, only, fault, times - 1)] if times > 1 else []
                return await _failing(fault, respond)
        return await respond()


async def _failing(fault: Fault, respond: Callable[[], Awaitable[Response]]) -> Response:
    if (instead := _INSTEAD.get(fault)) is not None:
        return instead()
    if fault is Fault.SLOW:
        await asyncio.sleep(_SLOW_SECONDS)
        return await respond()
    return _damaged(fault, await respond())


def _damaged(fault: Fault, response: Response) -> Response:
    body = bytes(response.body)
    if fault is Fault.TRUNCATED:
        return Response(body[: len(body) // 2], media_type="application/json")
    if fault is Fault.CUT_LINE:
        return Response(gzip.compress(gzip.decompress(body)[:-20]), media_type=response.media_type)
    members: dict[str, Any] = orjson.loads(body)
    if fault is Fault.WRONG_TYPES:
        damaged = members["results"][0] if "results" in members else members
        damaged["id"] = {"value": damaged.get("id")}
    elif fault is Fault.EMPTY_BLOCKS:
        members = {name: value for name, value in members.items() if name not in _BLOCKS}
    return JSONResponse(members)


def failure(status: int, code: int, message: str, headers: dict[str, str] | None = None) -> Response:
    """TMDB's body for a failed request."""
    body = {"success": False, "status_code": code, "status_message": message}
    return JSONResponse(body, status, headers)


_INSTEAD: Final[dict[Fault, Callable[[], Response]]] = {
    Fault.RATE_LIMITED: lambda: failure(429, 25, _TOO_MANY, {"Retry-After": "1"}),
    Fault.RATE_LIMITED_SILENTLY: lambda: failure(429, 25, _TOO_MANY),
    Fault.SERVER_ERROR: lambda: failure(500, 11, "Internal error: Something went wrong."),
    Fault.BAD_GATEWAY: lambda: HTMLResponse(_PAGE, 502),
    Fault.HTML: lambda: HTMLResponse(_PAGE),
    Fault.NO_SUCCESS: lambda: failure(200, 21, "Entry not found."),
    Fault.KEY_REJECTED: lambda: failure(401, 7, "Invalid API key: You must be granted a valid key."),
    Fault.HUGE: lambda: JSONResponse({"id": 1, "overview": "x" * _HUGE_BYTES}),
}
