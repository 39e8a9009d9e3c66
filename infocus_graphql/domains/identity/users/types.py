"""GraphQL types of users. Private data has its own type, `Viewer`, so that no field of `User` can leak it."""

from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import aliased

from infocus_graphql.db.correlation import scalar
from infocus_graphql.db.keyset import Order, SortKey
from infocus_graphql.db.links import Link
from infocus_graphql.db.sql_types import MappedRow, SqlExpression
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains import refs
from infocus_graphql.domains.audit.models import AuditEvent
from infocus_graphql.domains.audit.reads import NEWEST_EVENT, events_about_user
from infocus_graphql.domains.families.models import FamilyInvitation
from infocus_graphql.domains.families.reads import (
    NEWEST_INVITATION,
    OLDEST_FAMILY,
    OLDEST_MEMBER,
    is_open_for,
)
from infocus_graphql.domains.identity.mfa.reads import backup_codes_left, has_second_factor
from infocus_graphql.domains.identity.users import models
from infocus_graphql.domains.identity.users.policy import is_self
from infocus_graphql.domains.privacy.models import AccountDeletion, DataExport
from infocus_graphql.domains.privacy.reads.requests import NEWEST_EXPORT, of_user
from infocus_graphql.domains.recommendations.reads import (
    BEST,
    OF_FAMILY,
    STATUSES,
    SUGGESTIONS,
)
from infocus_graphql.domains.recommendations.reads import NEWEST as NEWEST_RECOMMENDATION
from infocus_graphql.domains.watchlists.reads import NEWEST, USER_CONDITIONS, WATCHLIST_FIELDS, stats
from infocus_graphql.graph.connection import Connection, Orders
from infocus_graphql.graph.fields import Argument, aggregate, column, computed, page, private, relation
from infocus_graphql.graph.list_lengths import (
    DEFAULT_PAGE,
    EVENTS,
    FAMILIES,
    INNER_PAGE,
    INVITATIONS,
    RECOMMENDATIONS,
    WATCHLIST,
    WATCHLIST_STATS,
    Reading,
)
from infocus_graphql.graph.list_lengths import SUGGESTIONS as SUGGESTIONS_READING
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.root import Payload, result
from infocus_graphql.graph.scalars import JSONObject

NEWEST_CREATED = Order("CREATED_AT", (SortKey(lambda row: row.created_at),), descending=True)
WATCHLIST_ORDERS = Orders(NEWEST, WATCHLIST_FIELDS, refs.WatchlistOrder)


def _watchlist(description: str, *, default: int) -> Any:
    return page(
        models.User.watchlist,
        description,
        orders=WATCHLIST_ORDERS,
        filters=USER_CONDITIONS,
        filter_type=refs.WatchlistFilter,
        default=default,
        reading=WATCHLIST,
    )


def _preferences(user: MappedRow, viewer: SqlViewer) -> SqlExpression:
    profile = aliased(models.Profile)
    own = select(profile.preferences).where(profile.user_id == user.id, is_self(user, viewer))
    return scalar(own, profile)


def _email_is_verified(user: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    # Unlike `=`, IS NOT DISTINCT FROM is false, not NULL, for anonymous viewers.
    return and_(user.email_verified_at.is_not(None), user.id.is_not_distinct_from(viewer.id))


def _statuses_argument() -> dict[str, Argument]:
    kind = list[refs.RecommendationStatus] | None
    return {"statuses": Argument(kind, "Only recommendations with one of these states.", STATUSES)}


@row_type(models.User)
class User(Node):
    """A person as the members of their families see them. See `Viewer` for the private side."""

    name: str = column(models.User.name, "The user's name; empty if they have set none.", default="")
    created_at: datetime = column(models.User.created_at, "When the account was made.")
    updated_at: datetime = column(models.User.updated_at, "When the account last changed.")
    profile: refs.Profile = relation(models.User.profile, "What the person tells about themselves.")
    watchlist: Connection[refs.WatchlistEntry] | None = _watchlist(
        "The entries that the person shares with the viewer.", default=INNER_PAGE
    )
    memberships: Connection[refs.FamilyMembership] | None = page(
        models.User.memberships,
        "The person's memberships of the viewer's families.",
        orders=Orders(OLDEST_MEMBER),
        default=INNER_PAGE,
        reading=Reading(FAMILIES),
    )
    families_created: Connection[refs.Family] | None = page(
        models.User.families_created,
        "Those of the viewer's families that the person made.",
        orders=Orders(OLDEST_FAMILY),
        default=INNER_PAGE,
        reading=Reading(FAMILIES),
    )
    family_invitations_sent: Connection[refs.FamilyInvitation] | None = page(
        models.User.family_invitations_sent,
        "The invitations by this person that the viewer may see.",
        orders=Orders(NEWEST_INVITATION),
        default=INNER_PAGE,
        reading=Reading(INVITATIONS),
    )
    recommendations_sent: Connection[refs.Recommendation] | None = page(
        models.User.recommendations_sent,
        "Recommendations by this person that the viewer got, or all for oneself.",
        orders=Orders(NEWEST_RECOMMENDATION),
        default=INNER_PAGE,
        reading=Reading(RECOMMENDATIONS),
        arguments=_statuses_argument(),
    )
    recommendations_received: Connection[refs.Recommendation] | None = page(
        models.User.recommendations_received,
        "Recommendations to this person that the viewer sent, or all for oneself.",
        orders=Orders(NEWEST_RECOMMENDATION),
        default=INNER_PAGE,
        reading=Reading(RECOMMENDATIONS),
        arguments=_statuses_argument(),
    )


@row_type(models.Profile)
class Profile(Node):
    """What a person tells about themselves to those who may see them."""

    user: refs.User = relation(models.Profile.user, "The person.")
    bio: str | None = column(models.Profile.bio, "About the person, at most 2,000 characters.")
    avatar: str | None = column(models.Profile.avatar, "The address of a picture.")
    created_at: datetime = column(models.Profile.created_at, "When the profile was made.")
    updated_at: datetime = column(models.Profile.updated_at, "When the profile last changed.")


def _is_viewer(user: MappedRow, target: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    return and_(target.id == user.id, target.id == viewer.id)


@row_type(models.User)
class Viewer:
    """The signed-in person's own, private side. Nobody else ever gets an object of this type."""

    user: refs.User = relation(
        Link(models.User, _is_viewer, models.User, key="id"), "The viewer as others see them."
    )
    email: str = private(models.User.email, "The e-mail address for signing in.", only=is_self)
    email_verified: bool = computed(
        models.User,
        _email_is_verified,
        "Whether the person has proved that the address is theirs; needed for accepting invitations.",
    )
    has_second_factor: bool = computed(
        models.User, has_second_factor, "Whether signing in takes a code besides the password."
    )
    backup_codes_left: int = computed(
        models.User, backup_codes_left, "How many backup codes of the second factor are still good."
    )
    is_staff: bool = private(
        models.User.is_staff, "Whether the account may change the catalogue.", only=is_self
    )
    preferences: JSONObject = computed(models.User, _preferences, "Free settings of the client applications.")
    watchlist: Connection[refs.WatchlistEntry] | None = _watchlist(
        "The viewer's own list.", default=DEFAULT_PAGE
    )
    watchlist_stats: refs.WatchlistStats = aggregate(
        models.User, stats, "The viewer's entries, counted.", reading=WATCHLIST_STATS
    )
    families: refs.ViewerFamilyConnection | None = page(
        models.User.memberships,
        "The families of the viewer, those joined first at the top. The edges have the viewer's role.",
        orders=Orders(OLDEST_MEMBER),
        reading=Reading(FAMILIES),
    )
    memberships: Connection[refs.FamilyMembership] | None = page(
        models.User.memberships,
        "The memberships of the viewer, the oldest first.",
        orders=Orders(OLDEST_MEMBER),
        reading=Reading(FAMILIES),
    )
    family_invitations: Connection[refs.FamilyInvitation] | None = page(
        Link(FamilyInvitation, is_open_for, models.User),
        "Pending invitations to the viewer's e-mail address that have not expired, newest first. Empty until "
        "the address is verified.",
        orders=Orders(NEWEST_INVITATION),
    )
    recommendations_received: Connection[refs.Recommendation] | None = page(
        models.User.recommendations_received,
        "What others recommended to the viewer, the newest first.",
        orders=Orders(NEWEST_RECOMMENDATION),
        reading=Reading(RECOMMENDATIONS),
        arguments=_statuses_argument(),
    )
    recommendations_sent: Connection[refs.Recommendation] | None = page(
        models.User.recommendations_sent,
        "What the viewer recommended to others, the newest first.",
        orders=Orders(NEWEST_RECOMMENDATION),
        reading=Reading(RECOMMENDATIONS),
        arguments=_statuses_argument(),
    )
    suggestions: Connection[refs.Suggestion] | None = page(
        SUGGESTIONS,
        "Titles that the viewer's families know and the viewer doesn't track, the best score first.",
        orders=Orders(BEST),
        reading=SUGGESTIONS_READING,
        arguments={
            "family_id": Argument(
                strawberry.ID | None, "Only from this family; by default from all together.", OF_FAMILY
            )
        },
    )
    audit_log: Connection[refs.AuditEvent] | None = page(
        Link(AuditEvent, events_about_user, models.User),
        "What the viewer did, and what was done about their account, the newest first.",
        orders=Orders(NEWEST_EVENT),
        reading=Reading(EVENTS),
    )
    data_exports: Connection[refs.DataExport] | None = page(
        Link(DataExport, of_user, models.User),
        "The copies of the viewer's data that were asked for, the newest first.",
        orders=Orders(NEWEST_EXPORT),
    )
    account_deletion: refs.AccountDeletion | None = relation(
        Link(AccountDeletion, of_user, models.User),
        "When the viewer's account will be deleted; null when it will not.",
    )
    sessions: Connection[refs.Session] | None = page(
        models.User.sessions,
        "The viewer's sessions, ended ones included, the newest first.",
        orders=Orders(NEWEST_CREATED),
    )
    api_tokens: Connection[refs.ApiToken] | None = page(
        models.User.api_tokens,
        "The viewer's API tokens, the newest first; never the tokens themselves.",
        orders=Orders(NEWEST_CREATED),
    )
    passkeys: Connection[refs.Passkey] | None = page(
        models.User.passkeys,
        "The passkeys that the viewer can sign in by, the newest first.",
        orders=Orders(NEWEST_CREATED),
    )
    refresh_tokens: Connection[refs.RefreshToken] | None = page(
        models.User.refresh_tokens,
        "The refresh tokens of the viewer's sessions, the newest first; never the tokens themselves.",
        orders=Orders(NEWEST_CREATED),
    )


@strawberry.input(
    description="Changes to one's own profile. A field left out keeps its value; null clears it."
)
class UpdateProfileInput:
    name: str | None = strawberry.field(
        description="1-100 characters; null clears it.", default=strawberry.UNSET
    )
    bio: str | None = strawberry.field(description="At most 2,000 characters.", default=strawberry.UNSET)
    avatar: str | None = strawberry.field(
        description="An http or https address of at most 2,048 characters.", default=strawberry.UNSET
    )
    preferences: JSONObject | None = strawberry.field(
        description="Merged into the present ones after RFC 7396: objects merge, null removes a key, all "
        "else replaces. At most 16,384 bytes of JSON, 10 levels deep. Null for the whole removes all.",
        default=strawberry.UNSET,
    )


@strawberry.type(description="The changed profile.")
class UpdateProfilePayload(Payload):
    viewer: refs.Viewer | None = result(models.User, "The viewer, as they are now.")
