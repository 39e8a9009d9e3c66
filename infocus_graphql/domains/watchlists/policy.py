"""Visibility of watchlist entries and their notes."""

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
    """Viewers see their own entries, and those of users who share their list with a family of the viewer."""
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


# A visible entry implies that its user is visible: either the entry is the viewer's own, or its user shares
# their list with a family of the viewer, which makes both members of a common family.
implies(WatchlistEntry, "user_id", can_see_user)


def of_title(item: Any, entry: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """The entry is for the title and belongs to a user whose entries the viewer can see.

    The second condition is implied by the visibility of entries. It is repeated here as
    `user_id = ANY (ARRAY(…))`, so that the index on (media_item_id, user_id) finds the few entries of these
    users instead of all entries of a popular title.
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
    """The entry's user shares their list with the family. Doesn't depend on the viewer."""
    member = aliased(FamilyMembership)
    sharing = select(member.id).where(
        member.family_id == family_id,
        member.user_id == entry.user_id,
        member.shares_watchlist,
    )
    return exists(sharing, member)


def can_read_notes(entry: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    """The viewer is the entry's user, or the notes are shared with every viewer of the entry."""
    return or_(entry.user_id == viewer.id, entry.notes_visibility == Visibility.FAMILY)
