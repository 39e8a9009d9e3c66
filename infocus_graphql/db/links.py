"""Links: how the rows of one table lead to those of another, as data that batches and plans are made from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, any_, inspect
from sqlalchemy.orm import Mapper, QueryableAttribute, RelationshipProperty

from infocus_graphql.db.visibility import SqlViewer

On = Callable[[Any, Any, SqlViewer], ColumnElement[bool]]


@dataclass(frozen=True, eq=False, slots=True)
class Link:
    """From a row of `source` to the rows of `target` for which `on(source, target, viewer)` holds.

    `key` names the attribute of the source that holds the target's primary key, and `keys` one that
    holds an array of such keys: those links need no join, and rows reached by several paths are
    loaded once. A link without `source` starts at the root: `on` is then given None as its source.
    """

    target: type
    on: On
    source: Any = None
    key: str | None = None
    keys: str | None = None
    equal: tuple[tuple[str, str], ...] = ()  # attributes of source and target that `on` makes equal


def link(attribute: Any) -> Link:
    """The link of a mapped relationship, such as `Family.members`."""
    relationship: RelationshipProperty[Any] = attribute.property
    source, target = relationship.parent.class_, relationship.mapper.class_
    pairs = [
        (_key_of(source, left), _key_of(target, right))
        for left, right in relationship.local_remote_pairs or ()
    ]

    def on(parent: Any, child: Any, viewer: SqlViewer) -> ColumnElement[bool]:
        return and_(*(getattr(parent, left) == getattr(child, right) for left, right in pairs))

    points_at_key = len(pairs) == 1 and pairs[0][1] == primary_key(target).key
    key = pairs[0][0] if points_at_key and not relationship.uselist else None
    return Link(target, on, source, key=key, equal=tuple(pairs))


def link_by_keys(attribute: QueryableAttribute[Any], target: type) -> Link:
    """The link from an array of primary keys, such as `FamilyTitle.seen_by_ids`, to their rows."""

    def on(parent: Any, child: Any, viewer: SqlViewer) -> ColumnElement[bool]:
        among: ColumnElement[bool] = primary_key_of(child) == any_(getattr(parent, attribute.key))
        return among

    return Link(target, on, attribute.class_, keys=attribute.key)


def primary_key(model: type) -> QueryableAttribute[Any]:
    """The attribute that is the primary key of a mapped class; every row here has a single one."""
    mapper: Mapper[Any] = inspect(model)
    (column,) = mapper.primary_key
    attribute: QueryableAttribute[Any] = getattr(mapper.class_, mapper.get_property_by_column(column).key)
    return attribute


def primary_key_of(row: Any) -> Any:
    """The primary key of an alias or of a row object."""
    model = inspect(row).mapper.class_
    return getattr(row, primary_key(model).key)


def _key_of(model: type, column: Any) -> str:
    return inspect(model).get_property_by_column(column).key
