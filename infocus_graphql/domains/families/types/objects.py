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
from infocus_graphql.domains.list_lengths import (
    EVENTS,
    FAMILY_WATCHLIST,
    INVITATIONS,
    MEMBERS,
    RECOMMENDATIONS,
)
from infocus_graphql.domains.list_lengths import FAMILY_TITLES as FAMILY_TITLES_READING
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
    TITLE_FIELDS,
    WATCHLIST_FIELDS,
)
from infocus_graphql.graph.connection import (
    EDGES,
    NODES,
    PAGE,
    Connection,
    Edge,
    associated_nodes,
    association_edges,
)
from infocus_graphql.graph.context import Info
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import Argument, column, computed, page, relation
from infocus_graphql.graph.list_lengths import INNER_PAGE, Reading
from infocus_graphql.graph.loaders import RowPage
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.ordering import Orders

publish_enum(
    FamilyRole,
    "The role of a member in a family.",
    {
        FamilyRole.OWNER: "Can do everything. Each family has exactly one owner.",
        FamilyRole.ADMIN: "Can rename the family, invite users, and remove members with the role MEMBER.",
        FamilyRole.MEMBER: "Can read the family's data and leave the family.",
    },
)
publish_enum(
    FamilyInvitationStatus,
    "The status of an invitation to a family.",
    {
        FamilyInvitationStatus.PENDING: "The invitation is open. It may have expired; see `isExpired`.",
        FamilyInvitationStatus.ACCEPTED: "The invited user joined the family.",
        FamilyInvitationStatus.DECLINED: "The invited user declined.",
        FamilyInvitationStatus.REVOKED: "It was revoked, or its inviter is no longer the owner or an admin.",
    },
)


def _own_membership(family: MappedRow, membership: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    return and_(membership.family_id == family.id, membership.user_id == viewer.id)


def _is_admin(family: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    return policy.is_admin(family.id, viewer)


@row_type(models.Family)
class Family(Node):
    """A group of users who share their watchlists. Visible to its members only."""

    name: str = column(models.Family.name, "The name of the family, 1-100 characters.")
    created_by: refs.User | None = relation(
        models.Family.created_by,
        "The user who created the family; null if the viewer no longer shares a family with them.",
    )
    created_at: datetime = column(models.Family.created_at, "When the family was created.")
    updated_at: datetime = column(models.Family.updated_at, "When the family was last renamed.")
    viewer_membership: refs.FamilyMembership | None = relation(
        Link(models.FamilyMembership, _own_membership, models.Family), "The viewer's membership."
    )
    viewer_can_rename: bool = computed(
        models.Family,
        policy.viewer_can(policy.can_administer),
        "Whether the viewer's role allows `updateFamily`.",
    )
    viewer_can_invite: bool = computed(
        models.Family,
        policy.viewer_can(policy.can_administer),
        "Whether the viewer's role allows `inviteToFamily`, `resendFamilyInvitation` and "
        "`revokeFamilyInvitation`.",
    )
    viewer_can_delete: bool = computed(
        models.Family,
        policy.viewer_can(policy.is_owner_role),
        "Whether the viewer's role allows `deleteFamily`.",
    )
    viewer_can_leave: bool = computed(
        models.Family, policy.viewer_can(policy.can_leave), "Whether the viewer's role allows `leaveFamily`."
    )
    members: Connection[refs.FamilyMembership] | None = page(
        models.Family.members,
        "The members, in the order of joining.",
        orders=Orders(OLDEST_MEMBER),
        reading=Reading(MEMBERS),
    )
    invitations: Connection[refs.FamilyInvitation] | None = page(
        models.Family.invitations,
        "The invitations, newest first; null unless the viewer is the owner or an admin.",
        orders=Orders(NEWEST_INVITATION),
        arguments={
            "statuses": Argument(
                list[FamilyInvitationStatus] | None,
                "Returns invitations with one of these statuses.",
                INVITATION_STATUSES,
            )
        },
        only=_is_admin,
        default=INNER_PAGE,
        reading=Reading(INVITATIONS),
    )
    audit_log: Connection[refs.AuditEvent] | None = page(
        Link(AuditEvent, of_family, models.Family),
        "The audit log of the family, newest first; null unless the viewer is the owner or an admin.",
        orders=Orders(NEWEST_EVENT),
        only=_is_admin,
        default=INNER_PAGE,
        reading=Reading(EVENTS),
    )
    watchlist: Connection[refs.WatchlistEntry] | None = page(
        FAMILY_ENTRIES,
        "The watchlist entries of the members who share their watchlist with this family. All "
        "members see the same entries. If the viewer does not share theirs "
        "(`viewerMembership.sharesWatchlist`), their entries are in `viewer.watchlist` only.",
        orders=Orders(NEWEST, WATCHLIST_FIELDS, refs.WatchlistOrder),
        filters=FAMILY_CONDITIONS,
        filter_type=refs.WatchlistFilter,
        reading=FAMILY_WATCHLIST,
    )
    titles: Connection[refs.FamilyTitle] | None = page(
        FAMILY_TITLES,
        "The titles of `watchlist`, each with the members by status. By default, titles that most "
        "members want to watch come first.",
        orders=Orders(MOST_WANTED, TITLE_FIELDS, refs.FamilyTitleOrder),
        reading=FAMILY_TITLES_READING,
        filters=TITLE_CONDITIONS,
        filter_type=refs.FamilyTitleFilter,
    )
    recommendations: Connection[refs.Recommendation] | None = page(
        IN_FAMILY,
        "Recommendations between the members that the viewer sent or received, newest first.",
        orders=Orders(NEWEST_RECOMMENDATION),
        default=INNER_PAGE,
        reading=Reading(RECOMMENDATIONS, always=2),
        arguments={
            "statuses": Argument(
                list[refs.RecommendationStatus] | None,
                "Returns recommendations with one of these statuses.",
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
        "Whether the member's entries are part of the family's `watchlist` and `titles`. If "
        "not, they are hidden there for all members, including the member.",
    )
    joined_at: datetime = column(models.FamilyMembership.joined_at, "When the member joined.")
    viewer_can_remove: bool = computed(
        models.FamilyMembership,
        policy.viewer_can_to(policy.can_remove_member),
        "Whether the viewer's role allows `removeFamilyMember` for the member.",
    )
    viewer_can_change_role: bool = computed(
        models.FamilyMembership,
        policy.viewer_can_to(policy.can_change_role),
        "Whether the viewer's role allows `updateFamilyMemberRole` and `transferFamilyOwnership` for the "
        "member.",
    )


@row_type(models.FamilyInvitation)
class FamilyInvitation(Node):
    """
    An invitation to a family by e-mail. Visible to the owner and admins of the family, and to the invited
    user once their e-mail address is verified.
    """

    invited_to: refs.Family | None = relation(
        models.FamilyInvitation.family,
        "The family that the invitation is to; null unless the viewer is a member. Invited "
        "users can read `familyName`.",
    )
    family_name: str = computed(models.FamilyInvitation, family_name, "The name of the family.")
    inviter_name: str | None = computed(
        models.FamilyInvitation,
        inviter_name,
        "The name of the user who sent the invitation; null if they have set none or their "
        "account was deleted.",
    )
    member_count: int = computed(
        models.FamilyInvitation, member_count, "The number of members of the family."
    )
    email: str = column(models.FamilyInvitation.email, "The invited e-mail address.")
    status: FamilyInvitationStatus = column(
        models.FamilyInvitation.status, "The status of the invitation.", name="invitationStatus"
    )
    is_expired: bool = computed(
        models.FamilyInvitation, is_expired, "Whether the invitation is pending and `expiresAt` has passed."
    )
    invited_by: refs.User | None = relation(
        models.FamilyInvitation.invited_by,
        "The user who sent the invitation; null if the viewer does not share a family with them.",
    )
    created_at: datetime = column(models.FamilyInvitation.created_at, "When the invitation was created.")
    expires_at: datetime = column(
        models.FamilyInvitation.expires_at, "When the invitation expires: seven days after it was last sent."
    )
    accepted_at: datetime | None = column(
        models.FamilyInvitation.accepted_at, "When the invitation was accepted; null unless it was."
    )


@strawberry.type(description="Public information about an invitation, available to anyone with its token.")
class FamilyInvitationPreview:
    """Fields match the labels of `reads.family_invitation_preview`."""

    family_name: str = strawberry.field(description="The name of the family.")
    inviter_name: str | None = strawberry.field(
        description="The name of the user who sent the invitation; null if they have set none or their "
        "account was deleted."
    )
    member_count: int = strawberry.field(description="The number of members of the family.")
    invitation_status: FamilyInvitationStatus = strawberry.field(description="The status of the invitation.")
    expires_at: datetime = strawberry.field(description="When the invitation expires.")
