"""GraphQL types of the audit log."""

from datetime import datetime
from typing import TypeAlias

import strawberry
from sqlalchemy import ColumnElement, and_, or_

from infocus_graphql.db.links import Link
from infocus_graphql.db.sql_types import MappedRow, SqlExpression
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains import refs
from infocus_graphql.domains.admin.models import Account
from infocus_graphql.domains.audit import models
from infocus_graphql.domains.families.models import Family
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.identity.users.policy import is_staff
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import column, computed, private, relation
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.scalars import JSONObject

AuditAction: TypeAlias = models.AuditAction
publish_enum(
    AuditAction,
    "An action in the audit log. New values may be added.",
    {
        AuditAction.ACCOUNT_CREATED: "An account was created.",
        AuditAction.EMAIL_VERIFIED: "An e-mail address was verified.",
        AuditAction.EMAIL_CHANGED: "The e-mail address of an account was changed.",
        AuditAction.PASSWORD_CHANGED: "A password was changed with `changePassword`.",
        AuditAction.PASSWORD_RESET: "A password was reset with a mailed link.",
        AuditAction.SIGNED_IN: "A user signed in.",
        AuditAction.SIGN_IN_FAILED: "A sign-in failed: wrong password, code or passkey.",
        AuditAction.SIGNED_OUT: "A user signed out.",
        AuditAction.SESSION_REVOKED: "A session was ended with `revokeSession`.",
        AuditAction.REFRESH_TOKEN_REUSED: "A refresh token was used twice, so its session was ended.",
        AuditAction.SECOND_FACTOR_ENABLED: "The second factor was enabled.",
        AuditAction.SECOND_FACTOR_DISABLED: "The second factor was disabled.",
        AuditAction.BACKUP_CODES_REGENERATED: "New backup codes replaced the old ones.",
        AuditAction.PASSKEY_ADDED: "A passkey was registered.",
        AuditAction.PASSKEY_REMOVED: "A passkey was removed.",
        AuditAction.PASSKEY_REFUSED: "A passkey was refused because its counter suggests that it was copied.",
        AuditAction.API_TOKEN_CREATED: "An API token was created.",
        AuditAction.API_TOKEN_REVOKED: "An API token was revoked.",
        AuditAction.FAMILY_CREATED: "A family was created.",
        AuditAction.FAMILY_RENAMED: "A family was renamed.",
        AuditAction.FAMILY_DELETED: "A family was deleted.",
        AuditAction.OWNERSHIP_TRANSFERRED: "The ownership of a family was transferred.",
        AuditAction.ROLE_CHANGED: "The role of a family member was changed.",
        AuditAction.MEMBER_REMOVED: "A member was removed from a family.",
        AuditAction.MEMBER_LEFT: "A member left a family.",
        AuditAction.SHARING_CHANGED: "A member changed what they share with a family.",
        AuditAction.INVITATION_SENT: "An invitation to a family was sent or resent.",
        AuditAction.INVITATION_REVOKED: "An invitation to a family was revoked.",
        AuditAction.INVITATION_ACCEPTED: "An invitation to a family was accepted.",
        AuditAction.INVITATION_DECLINED: "An invitation to a family was declined.",
        AuditAction.STAFF_PROMOTED: "A user became staff.",
        AuditAction.STAFF_DEMOTED: "A user stopped being staff.",
        AuditAction.MEDIA_ITEM_SAVED: "A title was created or changed.",
        AuditAction.MEDIA_ITEM_DELETED: "A title was deleted.",
        AuditAction.STREAMING_PROVIDER_SAVED: "A streaming provider of a title was created or changed.",
        AuditAction.STREAMING_PROVIDER_DELETED: "A streaming provider of a title was deleted.",
        AuditAction.RECORD_CHANGED: "Staff changed a record in the data browser.",
        AuditAction.DATA_EXPORT_REQUESTED: "A data export was requested.",
        AuditAction.DATA_EXPORT_FETCHED: "A data export was downloaded.",
        AuditAction.ACCOUNT_DELETION_REQUESTED: "The deletion of an account was requested.",
        AuditAction.ACCOUNT_DELETION_CANCELLED: "The deletion of an account was cancelled.",
        AuditAction.ACCOUNT_DELETED: "An account was deleted.",
    },
)


def _came_from_viewer(event: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    # Events without a signed-in actor, such as a failed sign-in, are shown to their target user.
    own = or_(event.actor_id == viewer.id, and_(event.actor_id.is_(None), event.target_user_id == viewer.id))
    return or_(own, is_staff(viewer))


def _actor(event: MappedRow, user: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = user.id == event.actor_id
    return condition


def _target_user(event: MappedRow, user: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = user.id == event.target_user_id
    return condition


def _target_family(event: MappedRow, family: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = family.id == event.family_id
    return condition


def _details(event: MappedRow, viewer: SqlViewer) -> SqlExpression:
    details: SqlExpression = event.details
    return details


@row_type(models.AuditEvent)
class AuditEvent(Node):
    """
    An entry of the audit log. Visible to its actor, to its target user, to admins of its target family, and
    to staff.
    """

    action: AuditAction = column(models.AuditEvent.action, "The action.")
    created_at: datetime = column(models.AuditEvent.created_at, "When the action was performed.")
    actor: refs.User | None = relation(
        Link(User, _actor, models.AuditEvent, key="actor_id"),
        "The user who performed the action; null for operators of the server, for anonymous "
        "clients, and if the viewer can't see the user.",
    )
    actor_account: refs.Account | None = relation(
        Link(Account, _actor, models.AuditEvent, key="actor_id"),
        "The account of the actor; null unless the viewer is staff.",
    )
    object_id: strawberry.ID | None = column(
        models.AuditEvent.object_id,
        "The id of the affected object, which may no longer exist.",
        name="targetId",
    )
    target_user: refs.User | None = relation(
        Link(User, _target_user, models.AuditEvent, key="target_user_id"),
        "The affected user; null if there is none or the viewer can't see them.",
    )
    target_account: refs.Account | None = relation(
        Link(Account, _target_user, models.AuditEvent, key="target_user_id"),
        "The account of the affected user; null unless the viewer is staff.",
    )
    target_family: refs.Family | None = relation(
        Link(Family, _target_family, models.AuditEvent, key="family_id"),
        "The affected family; null if there is none, the family was deleted, or the viewer is not a member.",
    )
    ip_prefix: str | None = private(
        models.AuditEvent.ip_prefix,
        "The network of the actor's IP address; null unless the viewer is the actor or staff.",
        only=_came_from_viewer,
    )
    device: str | None = private(
        models.AuditEvent.device,
        "The name of the actor's device; null unless the viewer is the actor or staff.",
        only=_came_from_viewer,
    )
    details: JSONObject = computed(
        models.AuditEvent, _details, "Further details of the action, such as the new role."
    )
