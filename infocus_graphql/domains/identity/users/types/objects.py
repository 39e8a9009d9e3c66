"""GraphQL types of users. Private data has its own type, `Viewer`, so that no field of `User` can leak it."""

from datetime import date, datetime
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
from infocus_graphql.domains.identity.users.policy import is_self, is_viewer
from infocus_graphql.domains.list_lengths import (
    EVENTS,
    FAMILIES,
    INVITATIONS,
    NOTIFICATION_KINDS,
    NOTIFICATIONS,
    PLAYS,
    RECOMMENDATIONS,
    UP_NEXT,
    WATCHLIST,
    WATCHLIST_STATS,
)
from infocus_graphql.domains.list_lengths import SUGGESTIONS as SUGGESTIONS_READING
from infocus_graphql.domains.notifications.preferences import PREFERENCES
from infocus_graphql.domains.notifications.reads import CONDITIONS as NOTIFICATION_CONDITIONS
from infocus_graphql.domains.notifications.reads import NEWEST as NEWEST_NOTIFICATION
from infocus_graphql.domains.notifications.reads import OF_USER, unread_count
from infocus_graphql.domains.plays.reads import (
    HISTORY,
    LATEST,
    MOST_ACTIVE,
    SINCE,
    UNTIL,
    UP_NEXT_CONDITIONS,
)
from infocus_graphql.domains.plays.reads import UP_NEXT as UP_NEXT_EPISODES
from infocus_graphql.domains.privacy.models import AccountDeletion, DataExport
from infocus_graphql.domains.privacy.reads.requests import NEWEST_EXPORT, of_user
from infocus_graphql.domains.recommendations.reads import (
    BEST,
    OF_FAMILY,
    STATUSES,
    SUGGESTIONS,
)
from infocus_graphql.domains.recommendations.reads import NEWEST as NEWEST_RECOMMENDATION
from infocus_graphql.domains.sync.changes import ChangeSet, changes_field
from infocus_graphql.domains.watchlists.reads import NEWEST, USER_CONDITIONS, WATCHLIST_FIELDS, stats
from infocus_graphql.graph.connection import Connection
from infocus_graphql.graph.fields import Argument, aggregate, column, computed, many, page, private, relation
from infocus_graphql.graph.list_lengths import DEFAULT_PAGE, INNER_PAGE, Reading
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.ordering import Orders
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
    return and_(user.email_verified_at.is_not(None), is_viewer(user, viewer))


def _statuses_argument() -> dict[str, Argument]:
    kind = list[refs.RecommendationStatus] | None
    return {"statuses": Argument(kind, "Returns recommendations with one of these statuses.", STATUSES)}


@row_type(models.User)
class User(Node):
    """
    A user. Visible to the members of their families. Private data of the signed-in user is on `Viewer`.
    """

    name: str = column(models.User.name, "The name of the user; empty if not set.", default="")
    is_viewer: bool = computed(models.User, is_viewer, "Whether the user is the viewer.")
    created_at: datetime = column(models.User.created_at, "When the account was created.")
    updated_at: datetime = column(models.User.updated_at, "When the account was last changed.")
    profile: refs.Profile = relation(models.User.profile, "The user's profile.")
    watchlist: Connection[refs.WatchlistEntry] | None = _watchlist(
        "The watchlist entries that the user shares with the viewer; all entries if the user is the viewer.",
        default=INNER_PAGE,
    )
    watchlist_stats: refs.WatchlistStats = aggregate(
        models.User,
        stats,
        "The number of entries of `watchlist` by status. All zero if the user shares none with the viewer.",
        reading=WATCHLIST_STATS,
    )
    memberships: Connection[refs.FamilyMembership] | None = page(
        models.User.memberships,
        "The user's memberships in families of the viewer.",
        orders=Orders(OLDEST_MEMBER),
        default=INNER_PAGE,
        reading=Reading(FAMILIES),
    )
    families_created: Connection[refs.Family] | None = page(
        models.User.families_created,
        "The viewer's families that the user created.",
        orders=Orders(OLDEST_FAMILY),
        default=INNER_PAGE,
        reading=Reading(FAMILIES),
    )
    family_invitations_sent: Connection[refs.FamilyInvitation] | None = page(
        models.User.family_invitations_sent,
        "The invitations sent by the user that the viewer can see, newest first.",
        orders=Orders(NEWEST_INVITATION),
        default=INNER_PAGE,
        reading=Reading(INVITATIONS),
    )
    recommendations_sent: Connection[refs.Recommendation] | None = page(
        models.User.recommendations_sent,
        "The recommendations from the user to the viewer, newest first. All that were sent if "
        "the user is the viewer.",
        orders=Orders(NEWEST_RECOMMENDATION),
        default=INNER_PAGE,
        reading=Reading(RECOMMENDATIONS),
        arguments=_statuses_argument(),
    )
    recommendations_received: Connection[refs.Recommendation] | None = page(
        models.User.recommendations_received,
        "The recommendations from the viewer to the user, newest first. All that were "
        "received if the user is the viewer.",
        orders=Orders(NEWEST_RECOMMENDATION),
        default=INNER_PAGE,
        reading=Reading(RECOMMENDATIONS),
        arguments=_statuses_argument(),
    )


@row_type(models.Profile)
class Profile(Node):
    """The public part of a user's profile, visible to the members of their families."""

    user: refs.User = relation(models.Profile.user, "The user.")
    bio: str | None = column(
        models.Profile.bio, "A text about the user, at most 2,000 characters; null if not set."
    )
    avatar: str | None = column(models.Profile.avatar, "The URL of a picture; null if not set.")
    created_at: datetime = column(models.Profile.created_at, "When the profile was created.")
    updated_at: datetime = column(models.Profile.updated_at, "When the profile was last changed.")


def _is_viewer(user: MappedRow, target: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    return and_(target.id == user.id, target.id == viewer.id)


@row_type(models.User)
class Viewer:
    """The signed-in user, with their private data."""

    user: refs.User = relation(
        Link(models.User, _is_viewer, models.User, key="id"),
        "The viewer's `User` object, which family members can see.",
    )
    email: str = private(models.User.email, "The e-mail address of the account.", only=is_self)
    email_verified: bool = computed(
        models.User,
        _email_is_verified,
        "Whether the e-mail address is verified. Accepting invitations requires it.",
    )
    has_second_factor: bool = computed(
        models.User, has_second_factor, "Whether signing in with the password requires a second factor."
    )
    backup_codes_left: int = computed(
        models.User, backup_codes_left, "The number of unused backup codes of the second factor."
    )
    is_staff: bool = private(
        models.User.is_staff, "Whether the viewer is staff, and so can change the catalogue.", only=is_self
    )
    settings: refs.UserSettings = relation(
        Link(models.User, _is_viewer, models.User, key="id"),
        "The viewer's region, language, time zone and streaming services; see `updateSettings`.",
    )
    preferences: JSONObject = computed(
        models.User, _preferences, "Preferences of client applications; see `updateProfile`."
    )
    watchlist: Connection[refs.WatchlistEntry] | None = _watchlist(
        "The viewer's watchlist.", default=DEFAULT_PAGE
    )
    watchlist_stats: refs.WatchlistStats = aggregate(
        models.User, stats, "The number of the viewer's watchlist entries by status.", reading=WATCHLIST_STATS
    )
    up_next: Connection[refs.UpNext] | None = page(
        UP_NEXT_EPISODES,
        "The next episodes of the series that the viewer is watching: one for each entry with the status "
        "WATCHING that has one, newest activity first.",
        orders=Orders(MOST_ACTIVE),
        filters=UP_NEXT_CONDITIONS,
        filter_type=refs.UpNextFilter,
        reading=UP_NEXT,
    )
    history: Connection[refs.WatchEvent] | None = page(
        HISTORY,
        "The viewer's plays, latest first. Those without a date come last.",
        orders=Orders(LATEST),
        arguments={
            "since": Argument(date | None, "Plays on this day or later, in the viewer's time zone.", SINCE),
            "until": Argument(date | None, "Plays until the end of this day.", UNTIL),
        },
        reading=Reading(PLAYS),
    )
    families: refs.ViewerFamilyConnection | None = page(
        models.User.memberships,
        "The viewer's families, in the order of joining. The edges have the viewer's role.",
        orders=Orders(OLDEST_MEMBER),
        reading=Reading(FAMILIES),
    )
    memberships: Connection[refs.FamilyMembership] | None = page(
        models.User.memberships,
        "The viewer's memberships, in the order of joining.",
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
        "The recommendations that the viewer received, newest first.",
        orders=Orders(NEWEST_RECOMMENDATION),
        reading=Reading(RECOMMENDATIONS),
        arguments=_statuses_argument(),
    )
    recommendations_sent: Connection[refs.Recommendation] | None = page(
        models.User.recommendations_sent,
        "The recommendations that the viewer sent, newest first.",
        orders=Orders(NEWEST_RECOMMENDATION),
        reading=Reading(RECOMMENDATIONS),
        arguments=_statuses_argument(),
    )
    suggestions: Connection[refs.Suggestion] | None = page(
        SUGGESTIONS,
        "Titles that members of the viewer's families track and the viewer does not, highest score first.",
        orders=Orders(BEST),
        reading=SUGGESTIONS_READING,
        arguments={
            "family_id": Argument(
                strawberry.ID | None,
                "Computes the suggestions from this family only. By default all of the viewer's families "
                "count. The id of another family is an error.",
                OF_FAMILY,
            )
        },
    )
    notifications: Connection[refs.Notification] | None = page(
        OF_USER,
        "The viewer's notifications, latest first.",
        orders=Orders(NEWEST_NOTIFICATION),
        filters=NOTIFICATION_CONDITIONS,
        filter_type=refs.NotificationFilter,
        reading=Reading(NOTIFICATIONS),
    )
    unread_notification_count: int = computed(
        models.User, unread_count, "The number of the viewer's unread notifications."
    )
    notification_preferences: list[refs.NotificationPreference] = many(
        PREFERENCES,
        "The channels of each kind of notification; see `updateNotificationPreferences`.",
        order=(lambda preference: preference.position,),
        length=NOTIFICATION_KINDS,
    )
    notification_schedule: refs.NotificationSchedule = relation(
        Link(models.User, _is_viewer, models.User, key="id"),
        "The quiet hours and the time of the daily digest; see `updateNotificationPreferences`.",
    )
    changes: ChangeSet | None = changes_field()
    audit_log: Connection[refs.AuditEvent] | None = page(
        Link(AuditEvent, events_about_user, models.User),
        "The audit events of which the viewer is the actor or the target, newest first.",
        orders=Orders(NEWEST_EVENT),
        reading=Reading(EVENTS),
    )
    data_exports: Connection[refs.DataExport] | None = page(
        Link(DataExport, of_user, models.User),
        "The viewer's data exports, newest first.",
        orders=Orders(NEWEST_EXPORT),
    )
    account_deletion: refs.AccountDeletion | None = relation(
        Link(AccountDeletion, of_user, models.User),
        "The scheduled deletion of the viewer's account; null if there is none.",
    )
    sessions: Connection[refs.Session] | None = page(
        models.User.sessions,
        "The viewer's sessions, including ended ones, newest first.",
        orders=Orders(NEWEST_CREATED),
    )
    api_tokens: Connection[refs.ApiToken] | None = page(
        models.User.api_tokens,
        "The viewer's API tokens, newest first.",
        orders=Orders(NEWEST_CREATED),
    )
    passkeys: Connection[refs.Passkey] | None = page(
        models.User.passkeys,
        "The viewer's passkeys, newest first.",
        orders=Orders(NEWEST_CREATED),
    )
    refresh_tokens: Connection[refs.RefreshToken] | None = page(
        models.User.refresh_tokens,
        "The refresh tokens of the viewer's sessions, newest first.",
        orders=Orders(NEWEST_CREATED),
    )
