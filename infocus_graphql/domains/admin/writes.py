"""Use cases of the data browser: resolving a staff session and editing single columns."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import aliased

from infocus_graphql.core.clock import now
from infocus_graphql.core.errors import ErrorCode, Problems, not_found, refused
from infocus_graphql.core.text import validated_text, validated_text_or_none
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.core.wording import label
from infocus_graphql.db.database import ReadUnit, UnitOfWork
from infocus_graphql.db.links import primary_key
from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.domains.admin.policy import EDITABLE, MULTI_LINE
from infocus_graphql.domains.audit.models import AuditAction
from infocus_graphql.domains.audit.writes import audit
from infocus_graphql.domains.identity.sessions.models import Session
from infocus_graphql.domains.identity.users.models import User


async def staff_in_session(
    unit: ReadUnit, *, session_id: str, with_second_factor: bool = False
) -> Viewer | None:
    """Returns the viewer of a live session whose user is staff, else None.

    With `with_second_factor`, the session must also have been verified by a second factor.
    """
    session, user = aliased(Session), aliased(User)
    query = (
        select(session.user_id)
        .join(user, user.id == session.user_id)
        .where(session.id == session_id, user.is_staff, session.revoked_at.is_(None))
        .where(session.expires_at > now())
    )
    if with_second_factor:
        query = query.where(session.second_factor_at.is_not(None))
    user_id = await unit.scalar(query)
    return None if user_id is None else Viewer(user_id, session_id, is_staff=True)


async def change_record(
    work: UnitOfWork, viewer: Viewer, *, model: type, key: str, values: Mapping[str, str | None]
) -> list[str]:
    """Sets editable columns of a row, writes an audit event, and returns the names of the changed columns.

    Reads the viewer's staff role again, under a lock: a demotion that commits first is respected.
    """
    still = select(User.is_staff).where(User.id == viewer.id).with_for_update(read=True)
    if not await work.session.scalar(still):
        raise refused(ErrorCode.FORBIDDEN, "Only staff can do this.")
    if not values.keys() <= EDITABLE.get(model, {}).keys():
        raise refused(ErrorCode.FORBIDDEN, "This column can't be changed here.")
    row: MappedRow = await work.session.scalar(
        select(model).where(primary_key(model) == key).with_for_update()
    )
    if row is None:
        raise not_found("row")
    with Problems() as problems:
        validated = {name: problems.of(_checked, model, name, value) for name, value in values.items()}
    changed = sorted(name for name, value in validated.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, validated[name])
    if changed:
        await work.session.flush()
        audit(
            work,
            AuditAction.RECORD_CHANGED,
            actor=viewer.id,
            target_user=row.id if isinstance(row, User) else None,  # the user sees it in their own audit log
            object_id=key,
            table=row.__tablename__,
            columns=", ".join(changed),
        )
    return changed


def _checked(model: MappedRow, name: str, value: str | None) -> str | None:
    if value is not None and "\0" in value:
        raise refused(ErrorCode.INVALID, f"{label((name,))} contains a character that can't be stored.")
    maximum = EDITABLE[model][name]
    if model.__table__.c[name].nullable:
        return validated_text_or_none(
            value, name, maximum=maximum, keep_line_breaks=(model, name) in MULTI_LINE
        )
    return validated_text(value or "", name, maximum=maximum)
