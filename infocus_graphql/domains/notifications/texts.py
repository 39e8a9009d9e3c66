"""Titles and texts of notifications as SQL expressions, in plain English.

A text names only what the viewer can see at the moment: each part is a sub-select with the predicate of its
row. If a part is missing, the whole text is NULL, and a general sentence replaces it.
"""

from functools import reduce
from typing import Final

from sqlalchemy import ColumnElement, Integer, Text, case, cast, func, literal, literal_column, or_, select
from sqlalchemy.orm import aliased

from infocus_graphql.db.correlation import exists, scalar
from infocus_graphql.db.sql_types import MappedRow, SqlExpression, SqlValue
from infocus_graphql.db.visibility import SqlViewer, visible
from infocus_graphql.domains.families.models import (
    Family,
    FamilyInvitation,
    FamilyInvitationStatus,
    FamilyMembership,
    FamilyRole,
)
from infocus_graphql.domains.families.policy import is_invited, is_member
from infocus_graphql.domains.families.reads import family_name, inviter_name
from infocus_graphql.domains.identity.sessions.models import Session
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.identity.users.policy import is_staff
from infocus_graphql.domains.media.models import MediaItem
from infocus_graphql.domains.notifications.models import NotificationKind
from infocus_graphql.domains.recommendations.models import Recommendation, RecommendationStatus
from infocus_graphql.domains.series.models import Episode, Season
from infocus_graphql.domains.series.reads import season_title
from infocus_graphql.domains.streaming.models import StreamingService
from infocus_graphql.domains.texts import localised
from infocus_graphql.domains.watchlists.models import WatchlistEntry
from infocus_graphql.domains.watchlists.policy import shares_watchlist

GONE: Final = "This is no longer available."
_NO_NAME: Final = "Someone"

TITLES: Final = {
    NotificationKind.FAMILY_INVITATION: "Invitation to a family",
    NotificationKind.MEMBER_JOINED: "New family member",
    NotificationKind.ROLE_CHANGED: "Your role has changed",
    NotificationKind.RECOMMENDATION_RECEIVED: "New recommendation",
    NotificationKind.RECOMMENDATION_ANSWERED: "Response to your recommendation",
    NotificationKind.ENTRIES_ADDED: "New on a watchlist",
    NotificationKind.NEW_SIGN_IN: "New sign-in to your account",
    NotificationKind.EXPORT_READY: "Your data export is ready",
    NotificationKind.JOB_FAILED: "A background job failed",
    NotificationKind.NEW_SEASON: "New season",
    NotificationKind.NEXT_EPISODE: "New episode",
    NotificationKind.ARRIVED_ON_SERVICE: "New on your streaming services",
}
_OPEN_INVITATION: Final = (FamilyInvitationStatus.PENDING, FamilyInvitationStatus.ACCEPTED)
_ROLES: Final = {
    FamilyRole.OWNER: "the owner",
    FamilyRole.ADMIN: "an admin",
    FamilyRole.MEMBER: "a member",
}


def title_of(notification: MappedRow, viewer: SqlViewer) -> SqlExpression:
    """The title: what kind of notification it is."""
    return case(
        {kind.value: _text(title) for kind, title in TITLES.items()}, value=cast(notification.kind, Text)
    )


def text_of(notification: MappedRow, viewer: SqlViewer) -> SqlExpression:
    """One or two sentences about what happened."""
    sentences = {
        NotificationKind.FAMILY_INVITATION: _invitation(notification, viewer),
        NotificationKind.MEMBER_JOINED: _say(
            _actor(notification, viewer), " joined “", _family(notification, viewer), "”."
        ),
        NotificationKind.ROLE_CHANGED: _role(notification, viewer),
        NotificationKind.RECOMMENDATION_RECEIVED: _say(
            _actor(notification, viewer), " recommends “", _title(notification, viewer), "”."
        ),
        NotificationKind.RECOMMENDATION_ANSWERED: _say(
            _actor(notification, viewer), _answer(notification, viewer), _title(notification, viewer), "”."
        ),
        NotificationKind.ENTRIES_ADDED: _entries(notification, viewer),
        NotificationKind.NEW_SIGN_IN: _sign_in(notification, viewer),
        NotificationKind.EXPORT_READY: _text("You can download the copy of your data for some days."),
        NotificationKind.JOB_FAILED: case(
            (
                is_staff(viewer),
                _counted(notification, "A background job failed.", " background jobs failed."),
            )
        ),
        NotificationKind.NEW_SEASON: _season(notification, viewer),
        NotificationKind.NEXT_EPISODE: _episode(notification, viewer),
        NotificationKind.ARRIVED_ON_SERVICE: _say(
            "“", _title(notification, viewer), "” is now on ", _service(notification), "."
        ),
    }
    found = case(
        {kind.value: sentence for kind, sentence in sentences.items()}, value=cast(notification.kind, Text)
    )
    return func.coalesce(found, _text(GONE))


def shows_title(notification: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """Whether the viewer can still see why the notification is about its title."""
    recommendation, entry = aliased(Recommendation), aliased(WatchlistEntry)
    recommended = select(recommendation.id).where(
        recommendation.id == notification.subject_id, visible(recommendation, viewer)
    )
    listed = select(entry.id).where(
        entry.id == notification.subject_id, shares_watchlist(entry.user_id, viewer)
    )
    kind = notification.kind
    return case(
        (kind == NotificationKind.RECOMMENDATION_RECEIVED, exists(recommended, recommendation)),
        (kind == NotificationKind.RECOMMENDATION_ANSWERED, exists(recommended, recommendation)),
        (kind == NotificationKind.ENTRIES_ADDED, exists(listed, entry)),
        else_=literal(True),
    )


def _text(value: str) -> SqlExpression:
    return literal_column("'" + value.replace("'", "''") + "'", Text())


def _say(*parts: SqlValue) -> SqlExpression:
    """The parts joined with ||, which is NULL if one of them is."""
    terms = [_text(part) if isinstance(part, str) else part for part in parts]
    joined: SqlExpression = reduce(lambda left, right: left.op("||", return_type=Text())(right), terms)
    return joined


def _counted(notification: MappedRow, one: str, many: str) -> SqlExpression:
    several = _say(cast(notification.count, Text), many)
    return case((notification.count == literal_column("1", Integer()), _text(one)), else_=several)


def _named(name: SqlValue) -> SqlExpression:
    return func.coalesce(name, _text(_NO_NAME))


def _actor(notification: MappedRow, viewer: SqlViewer) -> SqlExpression:
    actor = aliased(User)
    seen = select(_named(actor.name)).where(actor.id == notification.actor_id, visible(actor, viewer))
    return scalar(seen, actor)


def _family(notification: MappedRow, viewer: SqlViewer) -> SqlExpression:
    family = aliased(Family)
    seen = select(family.name).where(
        family.id == notification.family_id, is_member(notification.family_id, viewer)
    )
    return scalar(seen, family)


def _invitation(notification: MappedRow, viewer: SqlViewer) -> SqlExpression:
    """Invited users can read both names, as in the invitation itself."""
    invitation = aliased(FamilyInvitation)
    inviter = _named(inviter_name(invitation, viewer))
    sentence = _say(inviter, " invites you to the family “", family_name(invitation, viewer), "”.")
    seen = select(sentence).where(
        invitation.id == notification.subject_id,
        or_(*(invitation.status == status for status in _OPEN_INVITATION)),
        is_invited(invitation, viewer),
    )
    return scalar(seen, invitation)


def _role(notification: MappedRow, viewer: SqlViewer) -> SqlExpression:
    own = aliased(FamilyMembership)
    role = case({role.value: _text(words) for role, words in _ROLES.items()}, value=cast(own.role, Text))
    seen = select(_say("You are now ", role, " of “", _family(notification, viewer), "”.")).where(
        own.id == notification.subject_id, viewer.is_(own.user_id)
    )
    return scalar(seen, own)


def _answer(notification: MappedRow, viewer: SqlViewer) -> SqlExpression:
    recommendation = aliased(Recommendation)
    words = case(
        (
            recommendation.status == RecommendationStatus.ACCEPTED,
            _text(" accepted your recommendation of “"),
        ),
        else_=_text(" rejected your recommendation of “"),
    )
    seen = select(words).where(recommendation.id == notification.subject_id, visible(recommendation, viewer))
    return scalar(seen, recommendation)


def _title(notification: MappedRow, viewer: SqlViewer) -> SqlExpression:
    item = aliased(MediaItem)
    name = localised(MediaItem.title)(item, viewer)
    seen = select(name).where(item.id == notification.media_item_id, shows_title(notification, viewer))
    return scalar(seen, item)


def _entries(notification: MappedRow, viewer: SqlViewer) -> SqlExpression:
    one = _say("“", _title(notification, viewer), "”")
    several = _say(cast(notification.count, Text), " titles")
    titles = case((notification.count == literal_column("1", Integer()), one), else_=several)
    sentence = _say(_actor(notification, viewer), " added ", titles, ".")
    return case((shares_watchlist(notification.actor_id, viewer), sentence))


def _sign_in(notification: MappedRow, viewer: SqlViewer) -> SqlExpression:
    session = aliased(Session)
    device = select(_say(": ", session.device)).where(
        session.id == notification.subject_id, viewer.is_(session.user_id)
    )
    named = func.coalesce(scalar(device, session), _text(""))
    return _say("A device signed in to your account", named, ".")


def _season(notification: MappedRow, viewer: SqlViewer) -> SqlExpression:
    season = aliased(Season)
    sentence = _say(
        "“", _title(notification, viewer), "” has a new season: ", season_title(season, viewer), "."
    )
    seen = select(sentence).where(season.id == notification.subject_id, season.removed_at.is_(None))
    return scalar(seen, season)


def _episode(notification: MappedRow, viewer: SqlViewer) -> SqlExpression:
    episode, season = aliased(Episode), aliased(Season)
    number = _say("season ", cast(season.number, Text), ", episode ", cast(episode.number, Text))
    first = (
        select(number)
        .join(season, season.id == episode.season_id)
        .where(episode.id == notification.subject_id, episode.removed_at.is_(None))
    )
    one = _say("New episode of “", _title(notification, viewer), "”: ", scalar(first, episode, season), ".")
    several = _say(cast(notification.count, Text), " new episodes of “", _title(notification, viewer), "”.")
    return case((notification.count == literal_column("1", Integer()), one), else_=several)


def _service(notification: MappedRow) -> SqlExpression:
    service = aliased(StreamingService)
    return scalar(select(service.name).where(service.id == notification.subject_id), service)
