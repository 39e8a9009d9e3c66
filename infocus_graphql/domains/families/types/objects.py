"""GraphQL object types: families, memberships and invitations."""

from datetime import datetime

import strawberry
from sqlalchemy import ColumnElement, and_

from infocus_graphql.db.links import Link, link
from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains import refs
from infocus_graphql.domains.audit.models import AuditEvent
from infocus_graphql.domains.audit.reads import NEWEST_EVENT, of_family
from infocus_graphql.domains.families import models, policy
from infocus_graphql.domains.families.models import FamilyInvitationStatus, FamilyRole
from infocus_graphql.domains.families.reads import (
    INVITATION_STATUSES,
    NEWEST_INVITATION,
    OLDEST_MEMBER,
    family_name,
    inviter_name,
    is_expired,
    member_count,
)
from infocus_graphql.domains.recommendations.reads import IN_FAMILY
from infocus_graphql.domains.recommendations.reads import NEWEST as NEWEST_RECOMMENDATION
from infocus_graphql.domains.recommendations.reads import STATUSES as RECOMMENDATION_STATUSES
from infocus_graphql.domains.watchlists.reads import (
    FAMILY_CONDITIONS,
    FAMILY_ENTRIES,
    FAMILY_TITLES,
    MOST_WANTED,
    NEWEST,
    TITLE_CONDITIONS,
    WATCHLIST_FIELDS,
)
from infocus_graphql.graph.connection import (
    EDGES,
    NODES,
    PAGE,
    Connection,
    Edge,
    Orders,
    associated_nodes,
    association_edges,
)
from infocus_graphql.graph.context import Info
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import Argument, column, computed, page, relation
from infocus_graphql.graph.list_lengths import (
    EVENTS,
    FAMILY_WATCHLIST,
    INNER_PAGE,
    INVITATIONS,
    MEMBERS,
    RECOMMENDATIONS,
    Reading,
)
from infocus_graphql.graph.list_lengths import FAMILY_TITLES as FAMILY_TITLES_READING
from infocus_graphql.graph.loaders import RowPage
from infocus_graphql.graph.node import Node, row_type

publish_enum(
    FamilyRole,
    "What a member may do.",
    {
        FamilyRole.OWNER: "Everything; exactly one member.",
        FamilyRole.ADMIN: "Invite, rename, and remove plain members.",
        FamilyRole.MEMBER: "See and leave.",
    },
)
publish_enum(
    FamilyInvitationStatus,
    "The state of an invitation to a family.",
    {
        FamilyInvitationStatus.PENDING: "Not answered yet. It may have expired: see `isExpired`.",
        FamilyInvitationStatus.ACCEPTED: "The invited user joined the family.",
        FamilyInvitationStatus.DECLINED: "The invited user declined.",
        FamilyInvitationStatus.REVOKED: "It was revoked, or its inviter is no longer an admin or the owner.",
    },
)


def _own_membership(family: MappedRow, membership: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    return and_(membership.family_id == family.id, membership.user_id == viewer.id)


def _is_admin(family: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    return policy.is_admin(family.id, viewer)


@row_type(models.Family)
class Family(Node):
    """A group of people who see each other's watchlists. Seen by its members only."""

    name: str = column(models.Family.name, "The family's name, 1-100 characters.")
    created_by: refs.User | None = relation(
        models.Family.created_by, "Who made it; null when they are no longer in a family of yours."
    )
    created_at: datetime = column(models.Family.created_at, "When it was made.")
    updated_at: datetime = column(models.Family.updated_at, "When it was last renamed.")
    viewer_membership: refs.FamilyMembership | None = relation(
        Link(models.FamilyMembership, _own_membership, models.Family), "The viewer's own membership."
    )
    members: Connection[refs.FamilyMembership] | None = page(
        models.Family.members,
        "Its members, those who joined first at the top.",
        orders=Orders(OLDEST_MEMBER),
        reading=Reading(MEMBERS),
    )
    invitations: Connection[refs.FamilyInvitation] | None = page(
        models.Family.invitations,
        "Its invitations, the newest first; null unless the viewer is an admin or the owner.",
        orders=Orders(NEWEST_INVITATION),
        arguments={
            "statuses": Argument(
                list[FamilyInvitationStatus] | None,
                "Only invitations with one of these states.",
                INVITATION_STATUSES,
            )
        },
        only=_is_admin,
        default=INNER_PAGE,
        reading=Reading(INVITATIONS),
    )
    audit_log: Connection[refs.AuditEvent] | None = page(
        Link(AuditEvent, of_family, models.Family),
        "What was done in it, the newest first; null unless the viewer is an admin or the owner.",
        orders=Orders(NEWEST_EVENT),
        only=_is_admin,
        default=INNER_PAGE,
        reading=Reading(EVENTS),
    )
    watchlist: Connection[refs.WatchlistEntry] | None = page(
        FAMILY_ENTRIES,
        "The entries of the members who share their list with this family; the same for every member. "
        "Without `viewerMembership.sharesWatchlist`, the viewer's entries are in `viewer.watchlist` only.",
        orders=Orders(NEWEST, WATCHLIST_FIELDS, refs.WatchlistOrder),
        filters=FAMILY_CONDITIONS,
        filter_type=refs.WatchlistFilter,
        reading=FAMILY_WATCHLIST,
    )
    titles: Connection[refs.FamilyTitle] | None = page(
        FAMILY_TITLES,
        "The entries of `watchlist` folded by title; the same for every member. Those wanted by most come "
        "first.",
        orders=Orders(MOST_WANTED),
        reading=FAMILY_TITLES_READING,
        filters=TITLE_CONDITIONS,
        filter_type=refs.FamilyTitleFilter,
    )
    recommendations: Connection[refs.Recommendation] | None = page(
        IN_FAMILY,
        "Recommendations between its members that the viewer sent or got, the newest first.",
        orders=Orders(NEWEST_RECOMMENDATION),
        default=INNER_PAGE,
        reading=Reading(RECOMMENDATIONS, always=2),
        arguments={
            "statuses": Argument(
                list[refs.RecommendationStatus] | None,
                "Only recommendations with one of these states.",
                RECOMMENDATION_STATUSES,
            )
        },
    )


_TO_FAMILY = link(models.FamilyMembership.family)


@strawberry.type(description="A family of the viewer, with their role in it.")
class ViewerFamilyEdge(Edge[Family]):
    """Fields are read from the viewer's `FamilyMembership`."""

    node: refs.Family = relation(models.FamilyMembership.family, "The family.")
    role: FamilyRole = column(models.FamilyMembership.role, "The viewer's role in the family.")
    joined_at: datetime = column(models.FamilyMembership.joined_at, "When the viewer joined the family.")


@strawberry.type(description=PAGE)
class ViewerFamilyConnection(Connection[Family]):
    """A page over the viewer's memberships whose nodes are the families."""

    @strawberry.field(description=EDGES)
    def edges(root: RowPage) -> list[ViewerFamilyEdge]:  # noqa: N805 - Strawberry gives the source as `root`
        """The memberships with their cursors."""
        return association_edges(root)

    @strawberry.field(description=NODES)
    async def nodes(root: RowPage, info: Info) -> list[Family]:  # noqa: N805
        """The families of the memberships."""
        return await associated_nodes(root, info, _TO_FAMILY)


@row_type(models.FamilyMembership)
class FamilyMembership(Node):
    """The membership of a user in a family."""

    user: refs.User = relation(models.FamilyMembership.user, "The member.")
    family: refs.Family = relation(models.FamilyMembership.family, "The family.")
    role: FamilyRole = column(models.FamilyMembership.role, "The member's role.")
    shares_watchlist: bool = column(
        models.FamilyMembership.shares_watchlist,
        "Whether the user's entries are in the family's `watchlist` and `titles`. If not, nobody finds them "
        "there, the user included.",
    )
    joined_at: datetime = column(models.FamilyMembership.joined_at, "When the member joined.")


@row_type(models.FamilyInvitation)
class FamilyInvitation(Node):
    """
    An invitation by e-mail, seen by the family's admins and by the invited user. Its token is shown to the
    inviter only.
    """

    invited_to: refs.Family | None = relation(
        models.FamilyInvitation.family,
        "The family; null unless the viewer is a member. See `familyName` for the invited user.",
    )
    family_name: str = computed(
        models.FamilyInvitation, family_name, "The family's name, also for the invited user."
    )
    inviter_name: str | None = computed(
        models.FamilyInvitation,
        inviter_name,
        "The name of the user who sent it, also for the invited user; null without a name or an account.",
    )
    member_count: int = computed(
        models.FamilyInvitation, member_count, "How many users are in the family, also for the invited user."
    )
    email: str = column(models.FamilyInvitation.email, "The invited address.")
    status: FamilyInvitationStatus = column(
        models.FamilyInvitation.status, "The state of the invitation.", name="invitationStatus"
    )
    is_expired: bool = computed(
        models.FamilyInvitation, is_expired, "Whether it is pending but its time is over."
    )
    invited_by: refs.User | None = relation(
        models.FamilyInvitation.invited_by, "Who sent it; null when you don't see that person."
    )
    created_at: datetime = column(models.FamilyInvitation.created_at, "When it was made.")
    expires_at: datetime = column(
        models.FamilyInvitation.expires_at, "Until when it can be accepted: seven days."
    )
    accepted_at: datetime | None = column(models.FamilyInvitation.accepted_at, "When it was accepted.")


@strawberry.type(description="What an invitation's token shows before signing in.")
class FamilyInvitationPreview:
    """Fields match the labels of `reads.family_invitation_preview`."""

    family_name: str = strawberry.field(description="The family's name.")
    inviter_name: str | None = strawberry.field(
        description="The name of the user who sent it; null without a name or an account."
    )
    member_count: int = strawberry.field(description="The number of members.")
    invitation_status: FamilyInvitationStatus = strawberry.field(description="The state of the invitation.")
    expires_at: datetime = strawberry.field(description="Until when the invitation can be accepted.")
