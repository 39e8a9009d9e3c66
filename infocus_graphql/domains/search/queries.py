"""The root query field for searches."""

import asyncio
from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from typing import Annotated

import orjson
import strawberry

from infocus_graphql.core.clock import now
from infocus_graphql.core.errors import Problems, Refused
from infocus_graphql.core.text import check_count, validated_text
from infocus_graphql.db.keyset import CursorError
from infocus_graphql.domains import refs
from infocus_graphql.domains.identity.user_settings.reads import language_and_region
from infocus_graphql.domains.list_lengths import SEARCH
from infocus_graphql.domains.search.finding import Search, trending_titles
from infocus_graphql.domains.search.languages import ENGLISH, search_language
from infocus_graphql.domains.search.ranking import Position, read_cursor, write_cursor
from infocus_graphql.domains.search.reads import MAX_QUERY
from infocus_graphql.domains.search.types import MediaSearchConnection, SearchPage, TrendingMedia
from infocus_graphql.graph.connection import After
from infocus_graphql.graph.context import Context, Info
from infocus_graphql.graph.declarations import ResolvedPage
from infocus_graphql.graph.errors import bad_input
from infocus_graphql.graph.list_lengths import DEFAULT_PAGE, MAX_PAGE
from infocus_graphql.graph.rate_limits import is_allowed
from infocus_graphql.graph.root import anyone, query
from infocus_graphql.graph.scalars import CountryCode, LanguageTag
from infocus_graphql.rate_limiting.rules import LimitedAction
from infocus_graphql.tmdb.errors import LimitReached

Query = Annotated[
    str,
    strawberry.argument(
        description=f"The words to search for, in any order, 1-{MAX_QUERY} characters. The last one may be "
        "incomplete. Case, accents and punctuation are ignored."
    ),
]
Types = Annotated[
    list[refs.MediaType] | None, strawberry.argument(description="Returns titles with one of these types.")
]
InLanguage = Annotated[
    LanguageTag | None,
    strawberry.argument(
        description="The language of the search at TMDB, whose titles decide how well its results "
        "match; by default the language in the viewer's settings, else English. Titles are found by their "
        "texts in all languages. `title(language:)` returns the texts in it. Anonymous clients search the "
        "catalogue only, which is the same in every language."
    ),
]
InRegion = Annotated[
    CountryCode | None,
    strawberry.argument(
        description="The country whose titles are meant, if `language` is official there and has no country "
        "itself: with `en` and `GB`, the language is `en-GB`. By default the region in the viewer's "
        "settings. It does not restrict the results; `discoverMedia(filter: {availableIn})` does."
    ),
]
First = Annotated[
    int | None,
    strawberry.argument(description=f"The number of items: 1-{MAX_PAGE}, by default {DEFAULT_PAGE}."),
]


@strawberry.type
class SearchQueries:
    """The root query field for searches."""

    @query(access=anyone, declared=ResolvedPage(DEFAULT_PAGE, SEARCH))
    async def search_media(
        info: Info,
        query: Query,
        types: Types = None,
        language: InLanguage = None,
        region: InRegion = None,
        first: First = None,
        after: After = None,
    ) -> MediaSearchConnection | None:
        """
        Searches films and series by their titles in all languages, in the catalogue and, for signed-in
        viewers, at TMDB. First come titles that are the query, then those that begin with it, both by
        popularity; then the others of TMDB's first results, in its order; then those of the catalogue, with
        the words of the query or, if there are hardly any, with similar words; then TMDB's further results.
        Titles that only TMDB has are added to the catalogue, with their texts in English and in `language`.
        """
        context = info.context
        text, position, scope = _checked(info, query, types, (language, region), first, after)
        signed_in = context.viewer.id is not None
        tmdb = context.services.tmdb_pages if signed_in else None
        tag = ENGLISH if tmdb is None else await _language(context, language, region)
        search = Search(context.services.database, tmdb, text, types, partial(_charge, context), tag)
        size = first or DEFAULT_PAGE
        start, found = await search.page(size, position)
        places = {ref: place for place, ref in enumerate(search.results)}
        key = context.services.cursor_key
        read_at = search.read_at or now()
        page: object = SearchPage(
            list(found.values()),
            [write_cursor(scope, Position(places[ref], ref, read_at), key) for ref in found],
            has_next=len(search.results) > start + size or search.has_more_pages,
            has_previous=after is not None,
            total=len(search.results),
            stale=search.stale,
        )
        return page  # type: ignore[return-value]  # the source object of the connection

    @query(access=anyone)
    async def trending_media(info: Info) -> TrendingMedia:
        """
        Returns films and series that are popular at TMDB this week. Those that the catalogue lacks are added
        to it, with their texts in English and in the viewer's language.
        """
        services = info.context.services
        language = ENGLISH if services.tmdb_pages is None else await _language(info.context, None, None)
        ids, is_current = await trending_titles(services.database, services.tmdb_pages, language)
        return TrendingMedia(ids=ids, stale=not is_current)


async def _charge(context: Context) -> None:
    """Charges the viewer a call to TMDB: one viewer must not use up the rate limit that all users share."""
    if not await is_allowed(context, LimitedAction.TMDB_SEARCH, context.viewer.id):
        raise LimitReached("the viewer has searched too often")


async def _language(context: Context, language: str | None, region: str | None) -> str:
    """Returns the language for TMDB. The viewer's settings stand in for missing arguments."""
    viewer_id = context.viewer.id
    if viewer_id is not None and (language is None or region is None):
        settings = await context.services.database.read(language_and_region, viewer_id)
        language, region = language or settings[0], region or settings[1]
    # In a thread: the languages of countries are read from a file when they are used first.
    return await asyncio.to_thread(search_language, language, region)


def _checked(
    info: Info,
    query: str,
    types: Sequence[object] | None,
    texts: tuple[str | None, str | None],
    first: int | None,
    after: str | None,
) -> tuple[str, Position | None, str]:
    """Returns the query in normal form, the position of the cursor, and the scope of cursors."""
    try:
        with Problems() as problems:
            text = problems.of(validated_text, query, "query", maximum=MAX_QUERY)
            if types is not None:
                problems.of(check_count, len(types), "types", minimum=1, maximum=MAX_PAGE)
    except Refused as error:
        message = " ".join(each.message for each in error.refusals)
        raise bad_input(message, *error.refusals[0].path) from error
    if first is not None and not 1 <= first <= MAX_PAGE:
        raise bad_input(f"`first` must be from 1 to {MAX_PAGE}.", "first")
    given = orjson.dumps([text, sorted({str(each) for each in types or ()}), *texts])
    scope = f"Query.searchMedia|{sha256(given).hexdigest()[:16]}"
    if after is None:
        return text, None, scope
    try:
        return text, read_cursor(scope, after, info.context.services.cursor_key), scope
    except CursorError as error:
        raise bad_input("`after` is not a cursor of this search.", "after") from error
