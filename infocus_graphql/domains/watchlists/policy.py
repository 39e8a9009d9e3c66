"""Who sees watchlist entries and the notes on them."""

from typing import Any

from sqlalchemy import ColumnElement, and_, any_, func, or_, select, union
from sqlalchemy.orm import aliased

from infocus_graphql.db.correlation import exists
from infocus_graphql.db.visibility import SqlViewer, implies, visibility
from infocus_graphql.domains.families.models import FamilyMembership
from infocus_graphql.domains.families.policy import can_see_user
from infocus_graphql.domains.watchlists.models import Visibility, WatchlistEntry


@visibility(WatchlistEntry)
def visible_entries(entry: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """One's own entries, and those of people who share their list with a family of the viewer."""
    mine, theirs = aliased(FamilyMembership), aliased(FamilyMembership)
    shared = (
        select(theirs.id)
        .join(mine, mine.family_id == theirs.family_id)
        .where(
            mine.user_id == viewer.id,
            theirs.user_id == entry.user_id,
            theirs.shares_watchlist,
        )
    )
    return or_(viewer.is_(entry.user_id), exists(shared, mine, theirs))


# Whoever sees an entry sees its person: either it is the viewer's own, or viewer and person are members of
# a common family, for only such people share their lists with the viewer.
implies(WatchlistEntry, "user_id", can_see_user)


def of_title(item: Any, entry: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """The entry is for the title, and of somebody whose entries the viewer may see.

    The second half follows from the visibility of entries. It is said here too so that an index finds the few
    entries of these people, and not the entries of everybody who tracks a popular title.
    """
    mine, theirs = aliased(FamilyMembership), aliased(FamilyMembership)
    sharing = (
        select(theirs.user_id)
        .join(mine, mine.family_id == theirs.family_id)
        .where(mine.user_id == viewer.id, theirs.shares_watchlist)
    )
    people = union(select(viewer.id), sharing)
    return and_(entry.media_item_id == item.id, entry.user_id == any_(func.array(people.scalar_subquery())))


def in_family(family_id: Any, entry: Any) -> ColumnElement[bool]:
    """The entry is on the family's list, which is the same for every member: its user shares theirs there."""
    member = aliased(FamilyMembership)
    sharing = select(member.id).where(
        member.family_id == family_id,
        member.user_id == entry.user_id,
        member.shares_watchlist,
    )
    return exists(sharing, member)


def can_read_notes(entry: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """Notes are one's own, unless their writer shares them with those who see the entry."""
    return or_(entry.user_id == viewer.id, entry.notes_visibility == Visibility.FAMILY)
