"""Use cases of the viewer's settings."""

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from infocus_graphql.core.errors import ErrorCode, Problems, not_found, refused
from infocus_graphql.core.text import check_count
from infocus_graphql.core.unset import UNSET, Unset, is_set
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.identity.user_settings.models import MAX_SERVICES, UserService, UserSettings
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.streaming.models import StreamingService


async def update_settings(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    region: str | Unset | None = UNSET,
    language: str | Unset | None = UNSET,
    time_zone: str | Unset | None = UNSET,
    streaming_service_ids: list[str] | Unset | None = UNSET,
) -> str:
    """Changes the viewer's settings that are given; None resets one. Returns the user's id.

    The scalars of the input have validated the texts.
    """
    # Locked, so that two changes of the list of services do not mix, and the account is not deleted.
    locked = select(User.id).where(User.id == viewer.id).with_for_update(key_share=True)
    user_id: str | None = await work.session.scalar(locked)
    if user_id is None:
        raise not_found("account")
    given = {"region": region, "language": language, "time_zone": time_zone}
    values = {name: value for name, value in given.items() if is_set(value)}
    if values:
        changed = insert(UserSettings).values(user_id=user_id, **values)
        changed = changed.on_conflict_do_update(index_elements=["user_id"], set_=values)
        await work.session.execute(changed)
    if is_set(streaming_service_ids):
        await _set_services(work, user_id, streaming_service_ids or [])
    return user_id


async def _set_services(work: UnitOfWork, user_id: str, streaming_service_ids: list[str]) -> None:
    check_count(len(streaming_service_ids), "streamingServiceIds", maximum=MAX_SERVICES)
    # Locked, so that they can't be deleted before the new rows reference them.
    locked = select(StreamingService.id).where(StreamingService.id.in_(streaming_service_ids))
    known = set(await work.session.scalars(locked.with_for_update(read=True, key_share=True)))
    with Problems() as problems:
        for index, service_id in enumerate(streaming_service_ids):
            if service_id not in known:
                message = "This streaming service does not exist."
                problems.add(refused(ErrorCode.NOT_FOUND, message, "streamingServiceIds", str(index)))
    await work.session.execute(delete(UserService).where(UserService.user_id == user_id))
    if known:
        rows = [{"user_id": user_id, "streaming_service_id": service_id} for service_id in known]
        await work.session.execute(insert(UserService).values(rows))
