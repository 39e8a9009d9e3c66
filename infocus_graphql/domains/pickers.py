"""Root query fields with the countries and languages from which users choose."""

import asyncio
from typing import Annotated

import strawberry

from infocus_graphql.core.display_names import country_names, language_names
from infocus_graphql.domains.identity.user_settings.reads import FALLBACK_LANGUAGE, language_and_region
from infocus_graphql.domains.list_lengths import COUNTRY_NAMES, LANGUAGE_NAMES
from infocus_graphql.graph.context import Info
from infocus_graphql.graph.declarations import ResolvedList
from infocus_graphql.graph.root import anyone, query
from infocus_graphql.graph.scalars import CountryCode, LanguageTag

InLanguage = Annotated[
    LanguageTag | None,
    strawberry.argument(
        description="The language of the names, by default that of the viewer's settings, else English. "
        "Unknown names are in English."
    ),
]


@strawberry.type(description="A country of ISO 3166-1.")
class Country:
    code: CountryCode = strawberry.field(description="The code, such as `DE`.")
    name: str = strawberry.field(description="The name.")


@strawberry.type(description="A language of ISO 639-1.")
class Language:
    tag: LanguageTag = strawberry.field(description="The tag, such as `de`.")
    name: str = strawberry.field(description="The name.")


@strawberry.type
class PickerQueries:
    """Root query fields of countries and languages."""

    @query(access=anyone, declared=ResolvedList(COUNTRY_NAMES))
    async def countries(info: Info, language: InLanguage = None) -> list[Country]:  # noqa: N805
        """Returns all countries, by name. Public."""
        # In a thread: the names of a language are read from a file when it is used first.
        names = await asyncio.to_thread(country_names, await _language(info, language))
        return [Country(code=CountryCode(code), name=name) for code, name in names]

    @query(access=anyone, declared=ResolvedList(LANGUAGE_NAMES))
    async def languages(info: Info, language: InLanguage = None) -> list[Language]:  # noqa: N805
        """Returns all languages, by name. Public."""
        names = await asyncio.to_thread(language_names, await _language(info, language))
        return [Language(tag=LanguageTag(code), name=name) for code, name in names]


async def _language(info: Info, given: str | None) -> str:
    """The language of the argument, of the viewer's settings, or English."""
    viewer_id = info.context.viewer.id
    if given is not None or viewer_id is None:
        return given or FALLBACK_LANGUAGE
    language, _ = await info.context.services.database.read(language_and_region, viewer_id)
    return language or FALLBACK_LANGUAGE
