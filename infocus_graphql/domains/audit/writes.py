"""Writes audit events, in the transaction of the change that they record."""

from infocus_graphql.core.client_info import client_info
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.audit.models import MAX_DEVICE, AuditAction, AuditEvent


def audit(
    work: UnitOfWork,
    action: AuditAction,
    *,
    actor: str | None,
    target_user: str | None = None,
    family: str | None = None,
    object_id: str | None = None,
    **details: str | bool,
) -> None:
    """Adds an audit event to the transaction; a rollback discards it.

    `target_user` is the id of the affected user and defaults to the actor. Account erasure finds events by
    these two columns, so an event whose object is an account needs that account as `target_user` too.
    `details` must not contain user ids, e-mail addresses, tokens or texts written by users.
    """
    client = client_info()
    work.session.add(
        AuditEvent(
            action=action,
            actor_id=actor,
            target_user_id=target_user or actor,
            family_id=family,
            object_id=object_id,
            ip_prefix=client.ip_prefix,
            device=client.device[:MAX_DEVICE] if client.device else None,
            details=details,
        )
    )
