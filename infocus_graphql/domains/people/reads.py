"""Orders of credits, and the links from titles to their cast and crew."""

from sqlalchemy import ColumnElement, and_, literal_column, select
from sqlalchemy.orm import aliased

from infocus_graphql.db.correlation import scalar
from infocus_graphql.db.keyset import Order, SortKey
from infocus_graphql.db.links import Link
from infocus_graphql.db.sql_types import MappedRow, SqlExpression
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains.media.models import MediaItem
from infocus_graphql.domains.people.models import Credit, CreditKind

BY_POSITION = Order("POSITION", (SortKey(lambda credit: credit.position),))


def _released(credit: MappedRow) -> SqlExpression:
    item = aliased(MediaItem)
    return scalar(select(item.release_date).where(item.id == credit.media_item_id), item)


NEWEST_RELEASE = Order("RELEASE_DATE", (SortKey(_released, nullable=True),), descending=True)


def _credits(kind: CreditKind) -> Link:
    # Written into the statement, for the plan and because parameters are sent with each request.
    constant = literal_column(f"'{kind.value}'::credit_kind", Credit.kind.type)

    def on(item: MappedRow, credit: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
        return and_(credit.media_item_id == item.id, credit.kind == constant)

    return Link(Credit, on, MediaItem)


CAST = _credits(CreditKind.CAST)
CREW = _credits(CreditKind.CREW)
