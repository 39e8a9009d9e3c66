"""Fetches titles from TMDB when signed-in viewers refer to them and the catalogue doesn't have them yet."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from math import ceil
from typing import Any, Final, TypeVar

from infocus_graphql.core.errors import ErrorCode, Refusal, Refused
from infocus_graphql.domains.media.reads import media_ref_arguments
from infocus_graphql.domains.media.types import MediaRef, TmdbRef
from infocus_graphql.graph.context import Context, UnfetchedTitle
from infocus_graphql.graph.errors import coded_error
from infocus_graphql.graph.rate_limits import enforce, is_allowed
from infocus_graphql.rate_limiting.rules import LimitedAction
from infocus_graphql.tmdb.errors import TmdbError, TmdbUnavailable
from infocus_graphql.tmdb.records import TitleType

T = TypeVar("T")

_FAILED: Final = "This title is not in the catalogue yet, and The Movie Database can't be reached. Try again."


async def ensure_title(context: Context, arguments: Mapping[str, Any]) -> None:
    """Fetches the title of the argument `ref` with its details, if the catalogue lacks them.

    Raises UPSTREAM_UNAVAILABLE if the catalogue lacks the title and TMDB fails. Does nothing without a key,
    and for anonymous clients.
    """
    if context.viewer.id is None or context.tmdb is None:
        return
    title = await context.services.titles.unfetched(media_ref_arguments(arguments["ref"]))
    if title is None:
        return
    if title.is_listed:
        await _complete(context, title)
        return
    await _charge(context)
    try:
        await context.services.titles.fetch(title.type, title.tmdb_id)
    except TmdbError as error:
        again = {"retryable": True, "retryAfter": _retry_after(error)}
        raise coded_error("UPSTREAM_UNAVAILABLE", _FAILED, **again) from error


async def with_title(context: Context, media: MediaRef, run: Callable[[], Awaitable[T]]) -> T:
    """Runs a use case on the title of the input field `media`.

    If it is refused because the catalogue doesn't have the title, fetches the title and runs the use case
    again, in a new transaction. Raises UPSTREAM_UNAVAILABLE if TMDB fails.
    """
    try:
        return await run()
    except Refused as error:
        if not media.tmdb or not any(map(_is_missing, error.refusals)):
            raise
        try:
            fetched = await _fetch(context, media.tmdb)
        except TmdbError as failure:
            wait = _retry_after(failure)
            unavailable = Refusal(
                ErrorCode.UPSTREAM_UNAVAILABLE, _FAILED, ("media",), retry_after_seconds=wait
            )
            others = [each for each in error.refusals if not _is_missing(each)]
            raise Refused(unavailable, *others) from failure
        if not fetched:
            raise
    return await run()


async def _complete(context: Context, title: UnfetchedTitle) -> None:
    """Fetches the details of a title that the catalogue has without them.

    If TMDB fails, or if the viewer has fetched too many titles, it stays as it is.
    """
    if await is_allowed(context, LimitedAction.TITLE_FETCH, context.viewer.id):
        with suppress(TmdbError):  # logged already
            await context.services.titles.fetch(title.type, title.tmdb_id)


def _is_missing(refusal: Refusal) -> bool:
    return refusal.code is ErrorCode.NOT_FOUND and refusal.path == ("media",)


async def _charge(context: Context) -> None:
    await enforce(context, context.services.rates.rules[LimitedAction.TITLE_FETCH], context.viewer.id)


async def _fetch(context: Context, ref: TmdbRef) -> bool:
    await _charge(context)
    return await context.services.titles.fetch(TitleType[ref.type.name], ref.id)


def _retry_after(error: TmdbError) -> int | None:
    """Seconds to wait, rounded up; None if a retry may never succeed."""
    if not isinstance(error, TmdbUnavailable):
        return None
    return max(1, ceil(error.retry_after or 0))
