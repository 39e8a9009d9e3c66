"""Root query fields with the countries and languages from which users choose. They read no table."""

import asyncio
from typing import Annotated

import strawberry

from infocus_graphql.core.display_names import country_names, language_names
from infocus_graphql.domains.list_lengths import COUNTRY_NAMES, LANGUAGE_NAMES
from infocus_graphql.graph.context import Info
from infocus_graphql.graph.declarations import ResolvedList
from infocus_graphql.graph.root import anyone, query
from infocus_graphql.graph.scalars import CountryCode, LanguageTag

InLanguage = Annotated[
    LanguageTag,
    strawberry.argument(description="The language of the names. Unknown names are in English."),
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
    async def countries(info: Info, language: InLanguage = LanguageTag("en")) -> list[Country]:  # noqa: N805, B008
        """Returns all countries, by name. Public."""
        # In a thread: the names of a language are read from a file when it is used first.
        names = await asyncio.to_thread(country_names, language)
        return [Country(code=CountryCode(code), name=name) for code, name in names]

    @query(access=anyone, declared=ResolvedList(LANGUAGE_NAMES))
    async def languages(info: Info, language: InLanguage = LanguageTag("en")) -> list[Language]:  # noqa: N805, B008
        """Returns all languages, by name. Public."""
        names = await asyncio.to_thread(language_names, language)
        return [Language(tag=LanguageTag(code), name=name) for code, name in names]
