"""Use cases of the viewer's settings."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from infocus_graphql.core.errors import not_found
from infocus_graphql.core.unset import UNSET, Unset, is_set
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.identity.user_settings.models import UserSettings
from infocus_graphql.domains.identity.users.models import User


async def update_settings(
    work: UnitOfWork,
    viewer: Viewer,
    *,
    region: str | Unset | None = UNSET,
    language: str | Unset | None = UNSET,
    time_zone: str | Unset | None = UNSET,
) -> str:
    """Changes the viewer's settings that are given; None resets one. Returns the user's id.

    The scalars of the input have validated the values.
    """
    # Locked, so that the account can't be deleted before the row references it.
    locked = select(User.id).where(User.id == viewer.id).with_for_update(read=True, key_share=True)
    user_id: str | None = await work.session.scalar(locked)
    if user_id is None:
        raise not_found("account")
    given = {"region": region, "language": language, "time_zone": time_zone}
    values = {name: value for name, value in given.items() if is_set(value)}
    if values:
        changed = insert(UserSettings).values(user_id=user_id, **values)
        changed = changed.on_conflict_do_update(index_elements=["user_id"], set_=values)
        await work.session.execute(changed)
    return user_id
