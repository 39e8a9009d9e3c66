"""Visibility of watchlist entries and their notes."""

from sqlalchemy import ColumnElement, and_, any_, func, or_, select, union
from sqlalchemy.orm import aliased

from infocus_graphql.db.correlation import exists
from infocus_graphql.db.sql_types import MappedRow, SqlValue
from infocus_graphql.db.visibility import SqlViewer, implies, visibility
from infocus_graphql.domains.families.models import FamilyMembership
from infocus_graphql.domains.families.policy import can_see_user
from infocus_graphql.domains.watchlists.models import Visibility, WatchlistEntry


@visibility(WatchlistEntry)
def visible_entries(entry: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """Viewers see their own entries, and those of users who share their list with a family of the viewer."""
    return shares_watchlist(entry.user_id, viewer)


def shares_watchlist(user_id: SqlValue, viewer: SqlViewer) -> ColumnElement[bool]:
    """The user is the viewer, or shares their watchlist with a family of the viewer's."""
    viewer_membership, other_membership = aliased(FamilyMembership), aliased(FamilyMembership)
    shared = (
        select(other_membership.id)
        .join(viewer_membership, viewer_membership.family_id == other_membership.family_id)
        .where(
            viewer_membership.user_id == viewer.id,
            other_membership.user_id == user_id,
            other_membership.shares_watchlist,
        )
    )
    return or_(viewer.is_(user_id), exists(shared, viewer_membership, other_membership))


# A visible entry implies that its user is visible: either the entry is the viewer's own, or its user shares
# their list with a family of the viewer, which makes both members of a common family.
implies(WatchlistEntry, "user_id", can_see_user)


def of_title(item: MappedRow, entry: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """The entry is for the title and belongs to a user whose entries the viewer can see.

    The second condition is implied by the visibility of entries. It is repeated here as
    `user_id = ANY (ARRAY(…))`, so that the index on (media_item_id, user_id) finds the few entries of these
    users instead of all entries of a popular title.
    """
    viewer_membership, other_membership = aliased(FamilyMembership), aliased(FamilyMembership)
    sharing = (
        select(other_membership.user_id)
        .join(viewer_membership, viewer_membership.family_id == other_membership.family_id)
        .where(viewer_membership.user_id == viewer.id, other_membership.shares_watchlist)
    )
    people = union(select(viewer.id), sharing)
    return and_(entry.media_item_id == item.id, entry.user_id == any_(func.array(people.scalar_subquery())))


def in_family(family_id: SqlValue, entry: MappedRow) -> ColumnElement[bool]:
    """The entry's user shares their list with the family. Doesn't depend on the viewer."""
    return shares_with_family(entry.user_id, family_id)


def shares_with_family(user_id: SqlValue, family_id: SqlValue) -> ColumnElement[bool]:
    """The user is a member of the family and shares their watchlist with it."""
    member = aliased(FamilyMembership)
    sharing = select(member.id).where(
        member.family_id == family_id,
        member.user_id == user_id,
        member.shares_watchlist,
    )
    return exists(sharing, member)


def can_change(entry: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """The viewer may change and delete the entry: it is their own."""
    return viewer.is_(entry.user_id)


def can_read_notes(entry: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """The viewer is the entry's user, or the notes are shared with every viewer of the entry."""
    return or_(entry.user_id == viewer.id, entry.notes_visibility == Visibility.FAMILY)
