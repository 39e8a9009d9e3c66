"""The audit log as GraphQL shows it."""

from datetime import datetime
from typing import Any, TypeAlias

import strawberry
from sqlalchemy import ColumnElement, and_, or_

from infocus_graphql.db.links import Link
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains.accounts.models import User
from infocus_graphql.domains.accounts.policy import is_staff
from infocus_graphql.domains.audit import models
from infocus_graphql.domains.families.models import Family
from infocus_graphql.domains.staff.models import Account
from infocus_graphql.graph import refs
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import column, computed, private, relation
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.scalars import JSONObject

AuditAction: TypeAlias = models.AuditAction
publish_enum(
    AuditAction,
    "What was done. The list may grow.",
    {
        AuditAction.ACCOUNT_CREATED: "An account was made.",
        AuditAction.EMAIL_VERIFIED: "An address was proved to be its person's.",
        AuditAction.EMAIL_CHANGED: "An account got another address.",
        AuditAction.PASSWORD_CHANGED: "A password was changed by who knew the former one.",
        AuditAction.PASSWORD_RESET: "A password was set with a link from a mail.",
        AuditAction.SIGNED_IN: "A session was opened.",
        AuditAction.SIGN_IN_FAILED: "Somebody tried a wrong password, or a passkey that was not good.",
        AuditAction.SIGNED_OUT: "A session was ended by signing out.",
        AuditAction.SESSION_REVOKED: "A session was ended from another one.",
        AuditAction.REFRESH_TOKEN_REUSED: "A used refresh token came again, and its session was ended.",
        AuditAction.SECOND_FACTOR_ADDED: "Signing in takes a second factor from now on.",
        AuditAction.SECOND_FACTOR_REMOVED: "Signing in takes no second factor any more.",
        AuditAction.BACKUP_CODES_RENEWED: "The backup codes were replaced.",
        AuditAction.PASSKEY_ADDED: "A passkey was added.",
        AuditAction.PASSKEY_REMOVED: "A passkey was removed.",
        AuditAction.PASSKEY_REFUSED: "A passkey was used as a copy of it would be, and refused.",
        AuditAction.API_TOKEN_CREATED: "An API token was made.",
        AuditAction.API_TOKEN_REVOKED: "An API token was revoked.",
        AuditAction.FAMILY_CREATED: "A family was made.",
        AuditAction.FAMILY_RENAMED: "A family was renamed.",
        AuditAction.FAMILY_DELETED: "A family was deleted.",
        AuditAction.OWNERSHIP_TRANSFERRED: "A family got another owner.",
        AuditAction.ROLE_CHANGED: "A member got another role.",
        AuditAction.MEMBER_REMOVED: "A member was removed.",
        AuditAction.MEMBER_LEFT: "A member left.",
        AuditAction.SHARING_CHANGED: "A member decided what a family sees.",
        AuditAction.INVITATION_SENT: "An invitation was sent, or sent again.",
        AuditAction.INVITATION_REVOKED: "An invitation was taken back.",
        AuditAction.INVITATION_ACCEPTED: "An invitation was accepted.",
        AuditAction.INVITATION_DECLINED: "An invitation was declined.",
        AuditAction.STAFF_PROMOTED: "An account got the rights of staff.",
        AuditAction.STAFF_DEMOTED: "An account lost the rights of staff.",
        AuditAction.TITLE_SAVED: "A title of the catalogue was made or changed.",
        AuditAction.TITLE_DELETED: "A title of the catalogue was deleted.",
        AuditAction.OFFER_SAVED: "A streaming offer was made or changed.",
        AuditAction.OFFER_REMOVED: "A streaming offer was removed.",
        AuditAction.RECORD_CHANGED: "Staff changed a row in the data browser.",
        AuditAction.DATA_EXPORT_REQUESTED: "A copy of somebody's data was asked for.",
        AuditAction.DATA_EXPORT_FETCHED: "A copy of somebody's data was fetched.",
        AuditAction.ACCOUNT_DELETION_REQUESTED: "The deletion of an account was asked for.",
        AuditAction.ACCOUNT_DELETION_CANCELLED: "An account that was to be deleted stays.",
        AuditAction.ACCOUNT_DELETED: "An account was deleted, and its person forgotten.",
    },
)


def _came_from_viewer(event: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    # What nobody did who was signed in (a failed sign-in, say) is shown to whom it was about.
    own = or_(event.actor_id == viewer.id, and_(event.actor_id.is_(None), event.person_id == viewer.id))
    return or_(own, is_staff(viewer))


def _actor(event: Any, user: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    same: ColumnElement[bool] = user.id == event.actor_id
    return same


def _person(event: Any, user: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    same: ColumnElement[bool] = user.id == event.person_id
    return same


def _family(event: Any, family: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    same: ColumnElement[bool] = family.id == event.family_id
    return same


def _details(event: Any, viewer: SqlViewer) -> ColumnElement[Any]:
    details: ColumnElement[Any] = event.details
    return details


@row_type(models.AuditEvent)
class AuditEvent(Node):
    """
    One thing that was done. Seen by who did it, by whom it was about, by the admins of the family it was
    about, and by staff.
    """

    action: AuditAction = column(models.AuditEvent.action, "What was done.")
    created_at: datetime = column(models.AuditEvent.created_at, "When.")
    actor: refs.User | None = relation(
        Link(User, _actor, models.AuditEvent, key="actor_id"),
        "Who did it; null for the people who run the server, for nobody signed in, and for people you "
        "don't see.",
    )
    person: refs.User | None = relation(
        Link(User, _person, models.AuditEvent, key="person_id"),
        "Whose account it was about; null when you don't see that person.",
    )
    actor_account: refs.Account | None = relation(
        Link(Account, _actor, models.AuditEvent, key="actor_id"), "The account of who did it, for staff."
    )
    person_account: refs.Account | None = relation(
        Link(Account, _person, models.AuditEvent, key="person_id"),
        "The account that it was about, for staff.",
    )
    family: refs.Family | None = relation(
        Link(Family, _family, models.AuditEvent, key="family_id"),
        "Which family it was about; null when it is gone, or when you are not in it.",
    )
    object_id: strawberry.ID | None = column(
        models.AuditEvent.object_id, "The id of what it was done to, which may be gone by now."
    )
    ip_prefix: str | None = private(
        models.AuditEvent.ip_prefix,
        "The network it came from, for who did it and for staff.",
        only=_came_from_viewer,
    )
    device: str | None = private(
        models.AuditEvent.device,
        "The device it came from, for who did it and for staff.",
        only=_came_from_viewer,
    )
    details: JSONObject = computed(
        models.AuditEvent, _details, "What else is to be known, such as the new role."
    )
