"""Writing the audit log, in the transaction of what it tells of."""

from infocus_graphql.core.client_info import client_info
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.audit.models import MAX_DEVICE, AuditAction, AuditEvent


def audit(
    work: UnitOfWork,
    action: AuditAction,
    *,
    actor: str | None,
    person: str | None = None,
    family: str | None = None,
    object_id: str | None = None,
    **details: str | bool,
) -> None:
    """Notes what is done; a transaction that is rolled back has noted nothing.

    `person` is whose account it is about, by default the actor's own. Events are found by these two when
    somebody is to be forgotten, so an account that is the object is the person too. `details` name no
    people, and hold no addresses, tokens or texts that people wrote.
    """
    where = client_info()
    work.session.add(
        AuditEvent(
            action=action,
            actor_id=actor,
            person_id=person or actor,
            family_id=family,
            object_id=object_id,
            ip_prefix=where.ip_prefix,
            device=where.device[:MAX_DEVICE] if where.device else None,
            details=details,
        )
    )


async def note_failed_sign_in(work: UnitOfWork, viewer: Viewer, *, user_id: str | None) -> None:
    """Notes a wrong password; for an address without an account too, so that both take the same work."""
    audit(work, AuditAction.SIGN_IN_FAILED, actor=None, person=user_id)
