"""Orders, filters and counts of watchlists, and a family's entries grouped by title."""

import enum
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    DateTime,
    Double,
    Integer,
    Text,
    any_,
    case,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Mapped, aliased
from sqlalchemy.util import immutabledict

from infocus_graphql.core.ids import check_ids
from infocus_graphql.core.text import check_range
from infocus_graphql.db.base import Base, to_one
from infocus_graphql.db.batch_queries import Filter, Names
from infocus_graphql.db.correlation import exists, scalar
from infocus_graphql.db.keyset import Order, SortKey
from infocus_graphql.db.links import Link
from infocus_graphql.db.sql_types import MappedRow, SqlExpression, SqlSelect, SqlValue
from infocus_graphql.db.visibility import VIEWER, SqlViewer, visible_by
from infocus_graphql.domains.families.models import Family, FamilyMembership
from infocus_graphql.domains.families.policy import is_member
from infocus_graphql.domains.identity.user_settings.reads import viewer_language
from infocus_graphql.domains.media.models import MediaItem
from infocus_graphql.domains.media.reads import MEDIA_CONDITIONS, contains
from infocus_graphql.domains.search.discovery import DISCOVERY_CONDITIONS
from infocus_graphql.domains.watchlists.models import MAX_RATING, MIN_RATING, WatchlistEntry, WatchStatus
from infocus_graphql.domains.watchlists.policy import in_family, shares_watchlist, shares_with_family


class WatchlistSort(enum.Enum):
    """The sort keys of a watchlist."""

    DATE_ADDED = "date_added"
    DATE_UPDATED = "date_updated"
    STATUS = "status"
    RATING = "rating"
    TITLE = "title"
    RELEASE_DATE = "release_date"


class FamilyTitleSort(enum.Enum):
    """The sort keys of a family's titles."""

    WANTED_BY = "wanted_by"
    AVERAGE_RATING = "average_rating"
    DATE_ADDED = "date_added"
    TITLE = "title"
    RELEASE_DATE = "release_date"


MAX_WANTED_BY = 1_000  # more members than a family has
STATUS_WEIGHTS = {WatchStatus.COMPLETED: 2, WatchStatus.WATCHING: 1, WatchStatus.NOT_WATCHED: 0}

NEWEST = Order("DATE_ADDED", (SortKey(lambda entry: entry.date_added),), descending=True)


def of_media(value: Callable[[MappedRow], SqlExpression]) -> Callable[[MappedRow], SqlExpression]:
    """Turns an expression over a title into one over a row with its `media_item_id`, such as an entry."""

    def expression(row: MappedRow) -> SqlExpression:
        item = aliased(MediaItem)
        return scalar(select(value(item)).where(item.id == row.media_item_id), item)

    return expression


WATCHLIST_FIELDS = {
    WatchlistSort.DATE_ADDED: (SortKey(lambda entry: entry.date_added),),
    WatchlistSort.DATE_UPDATED: (SortKey(lambda entry: entry.date_updated),),
    WatchlistSort.STATUS: (SortKey(lambda entry: entry.status), SortKey(lambda entry: entry.date_added)),
    WatchlistSort.RATING: (SortKey(lambda entry: entry.rating, nullable=True),),
    WatchlistSort.TITLE: (SortKey(of_media(lambda item: item.title_sort)),),
    WatchlistSort.RELEASE_DATE: (SortKey(of_media(lambda item: item.release_date), nullable=True),),
}


def _title_contains(item: MappedRow, pattern: SqlValue) -> ColumnElement[bool]:
    # For short lists only: no index has the titles as substrings.
    shown = func.title_in_language(item.id, viewer_language(VIEWER), type_=Text())
    return or_(item.title_search.like(pattern), func.search_form(shown, type_=Text()).like(pattern))


_CONDITIONS = {
    **MEDIA_CONDITIONS,
    **DISCOVERY_CONDITIONS,
    "query": Filter(Text(), _title_contains, convert=contains),
}
DISCOVERED = ("genre_ids", "runtime_at_least", "runtime_at_most", "own_services_in_region")


def _media_condition(name: str) -> Filter:
    condition = _CONDITIONS[name]

    def predicate(entry: MappedRow, value: SqlValue) -> ColumnElement[bool]:
        item = aliased(MediaItem)
        chosen = select(item.id).where(item.id == entry.media_item_id, condition.predicate(item, value))
        return exists(chosen, item)

    return Filter(
        condition.kind, predicate, convert=condition.convert, check=condition.check, names=condition.names
    )


def _who_share(ids: SqlValue, item: MappedRow) -> SqlSelect:
    wanted: SqlValue = func.unnest(ids).column_valued("wanted")
    return select(wanted).where(~shares_watchlist(wanted, VIEWER))


def _who_share_with_family(ids: SqlValue, family: MappedRow) -> SqlSelect:
    wanted: SqlValue = func.unnest(ids).column_valued("wanted")
    return select(wanted).where(~shares_with_family(wanted, family.id))


def _who_own_list(ids: SqlValue, user: MappedRow) -> SqlSelect:
    wanted: SqlValue = func.unnest(ids).column_valued("wanted")
    return select(wanted).where(wanted != user.id)


_RATING = partial(check_range, minimum=MIN_RATING, maximum=MAX_RATING)
_USERS = partial(check_ids, "us", "user")
ENTRY_CONDITIONS = {
    "statuses": Filter(ARRAY(WatchlistEntry.status.type), lambda entry, value: entry.status == any_(value)),
    "types": _media_condition("types"),
    "genres": _media_condition("genres"),
    "query": _media_condition("query"),
    "available_in": _media_condition("available_in"),
    **{name: _media_condition(name) for name in DISCOVERED},
    "rated_at_least": Filter(Integer(), lambda entry, value: entry.rating >= value, check=_RATING),
    "is_rated": Filter(Boolean(), lambda entry, value: entry.rating.is_not(None) == value),
    "added_since": Filter(DateTime(timezone=True), lambda entry, value: entry.date_added >= value),
}


def of_users(names: Names) -> Filter:
    """Returns the filter of entries by users. Users who can't be on the list are errors."""
    return Filter(ARRAY(Text()), lambda entry, value: entry.user_id == any_(value), check=_USERS, names=names)


OF_USERS = of_users(Names("a user who shares a watchlist with you", _who_share))
# The filters of a user's watchlist, and of a family's watchlist below.
USER_CONDITIONS = {
    **ENTRY_CONDITIONS,
    "user_ids": of_users(Names("the user of this watchlist", _who_own_list, of_parent=True)),
}
FAMILY_CONDITIONS = {
    **ENTRY_CONDITIONS,
    "user_ids": of_users(
        Names("a user who shares a watchlist with this family", _who_share_with_family, of_parent=True)
    ),
}


def stats(user: MappedRow, viewer: SqlViewer) -> SqlSelect:
    """The number of the user's entries that the viewer can see, in total and by status; zeros for none."""
    entry = aliased(WatchlistEntry)

    def having(status: WatchStatus) -> ColumnElement[int]:
        return func.count().filter(entry.status == status)

    by_status = [having(status).label(status.value) for status in WatchStatus]
    counts: list[SqlValue] = [func.count().label("total"), *by_status]
    return select(*counts).where(entry.user_id == user.id, shares_watchlist(user.id, viewer))


FAMILY_ENTRIES = Link(WatchlistEntry, lambda family, entry, viewer: in_family(family.id, entry), Family)


def _family_titles() -> SqlValue:
    entry, member = aliased(WatchlistEntry), aliased(FamilyMembership)

    def people(status: WatchStatus) -> SqlExpression:
        ids = func.array_agg(aggregate_order_by(entry.user_id, entry.user_id.asc()), type_=ARRAY(Text()))
        none = literal([], ARRAY(Text()))
        return func.coalesce(ids.filter(entry.status == status), none)

    return (
        select(
            func.concat(member.family_id, ":", entry.media_item_id).label("id"),
            member.family_id,
            entry.media_item_id,
            people(WatchStatus.NOT_WATCHED).label("wanted_by_ids"),
            people(WatchStatus.WATCHING).label("started_by_ids"),
            people(WatchStatus.COMPLETED).label("completed_by_ids"),
            func.count().filter(entry.status == WatchStatus.NOT_WATCHED).label("wanted_count"),
            func.count().label("entry_count"),
            func.avg(entry.rating).cast(Double).label("average_rating"),
            func.count(entry.rating).label("rating_count"),
            func.max(entry.date_added).label("last_added_at"),
        )
        .join(member, member.user_id == entry.user_id)
        .where(member.shares_watchlist)
        .group_by(member.family_id, entry.media_item_id)
        .subquery("family_titles")
    )


class FamilyTitle(Base):
    """The shared entries of a family's members, grouped by title. Computed, not stored."""

    __table__ = _family_titles()
    __mapper_args__ = immutabledict({"primary_key": [__table__.c.id], "eager_defaults": False})

    if TYPE_CHECKING:
        media_item_id: Mapped[str]
        wanted_by_ids: Mapped[list[str]]
        started_by_ids: Mapped[list[str]]
        completed_by_ids: Mapped[list[str]]
        average_rating: Mapped[float | None]
        rating_count: Mapped[int]

    media_item = to_one(
        None,
        argument=MediaItem,
        primaryjoin=lambda: MediaItem.id == FamilyTitle.media_item_id,
        foreign_keys=lambda: [FamilyTitle.media_item_id],
        viewonly=True,
    )


visible_by(FamilyTitle, "family_id", is_member)

FAMILY_TITLES = Link(FamilyTitle, lambda family, title, viewer: title.family_id == family.id, Family)
TITLE_IN_FAMILY = Link(FamilyTitle, lambda item, title, viewer: title.media_item_id == item.id, MediaItem)
OF_FAMILY = Filter(
    Text(), lambda title, family_id: title.family_id == family_id, check=partial(check_ids, "fa", "family")
)
TITLE_FIELDS = {
    FamilyTitleSort.WANTED_BY: (
        SortKey(lambda title: title.wanted_count),
        SortKey(lambda title: title.entry_count),
    ),
    FamilyTitleSort.AVERAGE_RATING: (
        SortKey(lambda title: title.average_rating, nullable=True),
        SortKey(lambda title: title.rating_count),
    ),
    FamilyTitleSort.DATE_ADDED: (SortKey(lambda title: title.last_added_at),),
    FamilyTitleSort.TITLE: (SortKey(of_media(lambda item: item.title_sort)),),
    FamilyTitleSort.RELEASE_DATE: (SortKey(of_media(lambda item: item.release_date), nullable=True),),
}
MOST_WANTED = Order("WANTED_BY", TITLE_FIELDS[FamilyTitleSort.WANTED_BY], descending=True)

TITLE_CONDITIONS = {
    name: _media_condition(name) for name in ("types", "genres", "query", "available_in", *DISCOVERED)
}
_MEMBERS = partial(check_range, minimum=1, maximum=MAX_WANTED_BY)
TITLE_CONDITIONS["wanted_by_at_least"] = Filter(
    Integer(), lambda title, value: title.wanted_count >= value, check=_MEMBERS
)


def status_weight(entry: MappedRow) -> ColumnElement[int]:
    """The weight of an entry's status in the score of a suggestion."""
    return case(*((entry.status == status, weight) for status, weight in STATUS_WEIGHTS.items()))
