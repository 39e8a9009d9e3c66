"""The declaration of an export's sections."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Text, bindparam, select

from infocus_graphql.db.sql_types import MappedRow, SqlSelect, SqlValue
from infocus_graphql.domains.identity.users.models import User

USER_ID: Final = bindparam("user_id", type_=Text())
PROVED: Final = (
    select(User.email).where(User.id == USER_ID, User.email_verified_at.is_not(None)).scalar_subquery()
)

Values = Mapping[str, tuple[SqlValue, str]]


@dataclass(frozen=True, slots=True)
class Section:
    """A table of an export, written as JSON and as CSV: its query, its columns and their descriptions."""

    name: str
    text: str
    columns: Values
    rows: Callable[[SqlSelect], SqlSelect]

    @property
    def statement(self) -> SqlSelect:
        """The SELECT of the section's rows. The parameter `user_id` is the user's id."""
        return self.rows(select(*(value.label(name) for name, (value, _) in self.columns.items())))


def own(model: MappedRow, order: SqlValue) -> Callable[[SqlSelect], SqlSelect]:
    """Returns the filter and order for the rows of a table that belong to the user."""
    return lambda query: query.where(model.user_id == USER_ID).order_by(order)
