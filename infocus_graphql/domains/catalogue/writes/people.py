"""Stores people and credits."""

from collections.abc import Mapping
from typing import Final

from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.catalogue.rows.parts import credit_rows, person_row, shown_credits
from infocus_graphql.domains.catalogue.writes.recordsets import Target, ids_by_tmdb_id, replace_lists
from infocus_graphql.domains.people.models import Credit, Person
from infocus_graphql.tmdb import records

_PEOPLE: Final = Target(Person, ("tmdb_id",), ("name", "profile_path"), once=("id",))
_CREDITS: Final = Target(
    Credit,
    ("media_item_id", "tmdb_credit_id"),
    ("person_id", "kind", "position", "character", "department", "job", "episode_count"),
    once=("id",),
)


async def store_credits(work: UnitOfWork, titles: Mapping[str, records.Title]) -> None:
    """Stores the credits of titles, by our ids. Titles whose credits TMDB didn't send keep theirs."""
    found = {
        credit.person_id: row
        for title in titles.values()
        for _, credit in shown_credits(title) or ()
        if (row := person_row(credit)) is not None
    }
    person_ids = await ids_by_tmdb_id(work, _PEOPLE, list(found.values()))
    rows = {key: credit_rows(key, title, person_ids) for key, title in titles.items()}
    known = {key: each for key, each in rows.items() if each is not None}
    await replace_lists(work, _CREDITS, list(known), [row for each in known.values() for row in each])
