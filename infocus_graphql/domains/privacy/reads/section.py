"""The parts that an export is described with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, Text, bindparam, select

from infocus_graphql.domains.identity.users.models import User

PERSON: Final = bindparam("person", type_=Text())
PROVED: Final = (
    select(User.email).where(User.id == PERSON, User.email_verified_at.is_not(None)).scalar_subquery()
)

Values = Mapping[str, tuple[Any, str]]


@dataclass(frozen=True, slots=True)
class Section:
    """A file of an export, once as JSON and once as CSV: its columns, and their meaning."""

    name: str
    text: str
    columns: Values
    rows: Callable[[Select[Any]], Select[Any]]

    @property
    def statement(self) -> Select[Any]:
        """The SELECT of its rows, for the parameter `person`."""
        return self.rows(select(*(value.label(name) for name, (value, _) in self.columns.items())))


def own(model: Any, order: Any) -> Callable[[Select[Any]], Select[Any]]:
    """The rows of a table that belong to the person."""
    return lambda found: found.where(model.user_id == PERSON).order_by(order)
