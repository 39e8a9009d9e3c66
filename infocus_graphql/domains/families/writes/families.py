"""Creates, renames and deletes families."""

from sqlalchemy import delete

from infocus_graphql.core.errors import Problems
from infocus_graphql.core.text import required, validated_text
from infocus_graphql.core.unset import UNSET, Unset, is_set
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.audit.models import AuditAction
from infocus_graphql.domains.audit.writes import audit
from infocus_graphql.domains.families import policy
from infocus_graphql.domains.families.models import (
    MAX_FAMILY_NAME,
    Family,
    FamilyMembership,
    FamilyRole,
)
from infocus_graphql.domains.families.writes.locking import forbidden, load_family


async def create_family(work: UnitOfWork, viewer: Viewer, *, name: str) -> str:
    """Creates a family that the viewer owns. Returns its id."""
    family = Family(name=validated_text(name, "name", maximum=MAX_FAMILY_NAME), created_by_id=viewer.id)
    work.session.add(family)
    await work.session.flush()
    work.session.add(FamilyMembership(family_id=family.id, user_id=viewer.id, role=FamilyRole.OWNER))
    audit(work, AuditAction.FAMILY_CREATED, actor=viewer.id, family=family.id, object_id=family.id)
    await work.session.flush()
    return family.id


async def update_family(
    work: UnitOfWork, viewer: Viewer, *, family_id: str, name: str | Unset | None = UNSET
) -> str:
    """Renames a family; for admins and the owner. Returns its id."""
    with Problems() as problems:
        valid_name = problems.of(_name, name) if is_set(name) else None
        facts = await load_family(work, viewer, family_id, "id")
        if not policy.can_administer(facts.actor.role):
            raise forbidden("Only admins and the owner can change the family.", FamilyRole.ADMIN, "id")
    if valid_name is not None:
        facts.family.name = valid_name
        audit(work, AuditAction.FAMILY_RENAMED, actor=viewer.id, family=family_id, object_id=family_id)
    return family_id


async def delete_family(work: UnitOfWork, viewer: Viewer, *, family_id: str) -> str:
    """Deletes a family with its memberships and invitations; for the owner. Members keep their watchlists."""
    facts = await load_family(work, viewer, family_id, "id")
    if not policy.is_owner_role(facts.actor.role):
        raise forbidden("Only the owner can delete the family.", FamilyRole.OWNER, "id")
    await work.session.execute(delete(Family).where(Family.id == family_id))
    audit(work, AuditAction.FAMILY_DELETED, actor=viewer.id, family=family_id, object_id=family_id)
    return family_id


def _name(name: str | None) -> str:
    if name is None:
        raise required("name")
    return validated_text(name, "name", maximum=MAX_FAMILY_NAME)
