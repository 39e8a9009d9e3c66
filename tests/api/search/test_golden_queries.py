"""The search in the catalogue finds well-known titles by a hundred queries, among many others."""

import json
import random
from pathlib import Path
from typing import Any, Final

import pytest

from infocus_graphql.core.folding import search_form
from infocus_graphql.core.ids import new_id
from infocus_graphql.domains.media.details import MediaTranslation
from infocus_graphql.domains.media.models import MediaItem, MediaType
from infocus_graphql.domains.search.reads import matching_titles
from infocus_graphql.graph.context import Services
from infocus_graphql.local_tmdb.catalogue import Catalogue
from tests.support.factories import Factories

GOLDEN: Final = json.loads((Path(__file__).parent / "golden.json").read_text("utf-8"))
NOISE: Final = 1_000
RECALL: Final = 0.95


@pytest.fixture
async def titles(make: Factories) -> None:
    """The titles of the local TMDB with their translations, and titles of their words in other orders."""
    chance = random.Random(7)
    rows: list[Any] = []
    words: list[str] = []
    for fact in Catalogue(made_up=NOISE).by_popularity():
        title = MediaItem(
            id=new_id("mi"),
            tmdb_type=MediaType(fact.type),
            tmdb_id=fact.id,
            title=fact.title,
            original_title=fact.original_title,
            popularity=fact.popularity,
        )
        rows.append(title)
        words += fact.title.split()
        rows += [
            MediaTranslation(media_item_id=title.id, language=language, country="", title=text)
            for language, text in fact.titles.items()
        ]
    for number in range(1, NOISE):
        text = " ".join(chance.sample(words, chance.randint(1, 4)))
        rows.append(
            MediaItem(
                tmdb_type=MediaType.TV, tmdb_id=90_000_000 + number, title=text, popularity=chance.random()
            )
        )
    await make.rows(*rows)


async def test_recall_of_the_golden_queries(services: Services, titles: None) -> None:
    missed = []
    for query, kind, tmdb_id in GOLDEN:
        found = await services.database.read(matching_titles, query)
        if (MediaType(kind), tmdb_id) not in [each.ref for each in found.titles[:5]]:
            missed.append((query, kind, tmdb_id))
    assert len(GOLDEN) == 100
    assert 1 - len(missed) / len(GOLDEN) >= RECALL, missed


async def test_every_title_is_found_first_by_its_whole_title(services: Services, titles: None) -> None:
    facts = [fact for fact in Catalogue(made_up=0).by_popularity() if len(fact.title) > 1]
    forms = [search_form(fact.title) for fact in facts]
    for fact in facts:
        if forms.count(search_form(fact.title)) == 1:
            found = await services.database.read(matching_titles, fact.title)
            assert (MediaType(fact.type), fact.id) in [each.ref for each in found.titles[:2]], fact.title
