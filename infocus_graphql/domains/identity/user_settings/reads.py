"""The viewer's region, languages and streaming services, for the SQL expressions of other fields.

    (SELECT s.region FROM user_settings s WHERE s.user_id = :viewer_id)

The subqueries depend on the viewer only, so PostgreSQL evaluates each once per statement, wherever it stands.
"""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import ARRAY, ColumnElement, Text, and_, any_, func, literal, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import aliased

from infocus_graphql.db.correlation import scalar
from infocus_graphql.db.database import ReadUnit
from infocus_graphql.db.sql_types import MappedRow, SqlExpression, SqlValue
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains.identity.user_settings.models import UserService, UserSettings

FALLBACK_LANGUAGE: Final = "en"
_FALLBACK: Final = literal([FALLBACK_LANGUAGE], ARRAY(Text()))


def viewer_region(viewer: SqlViewer) -> SqlExpression:
    """The viewer's country code. NULL for anonymous viewers and for viewers who have set none."""
    return _setting("region", viewer)


def viewer_language(viewer: SqlViewer) -> SqlExpression:
    """The viewer's language tag. NULL for anonymous viewers and for viewers who have set none."""
    return _setting("language", viewer)


def viewer_languages(viewer: SqlViewer) -> SqlExpression:
    """The languages in which the viewer reads texts, best first; see `languages_of`. `{en}` if not set."""
    settings = aliased(UserSettings)
    chosen = select(languages_of(settings.language)).where(settings.user_id == viewer.id)
    return func.coalesce(scalar(chosen, settings), _FALLBACK, type_=ARRAY(Text()))


def languages_of(language: SqlValue) -> SqlExpression:
    """The languages that can stand in for `language`, best first, as an array of texts without NULLs.

    `{de-AT,de,en}` for `de-AT`, `{de,de,en}` for `de`, `{en}` for NULL. `array_position` ranks texts by it.
    """
    wanted = array([language, func.split_part(language, "-", 1), literal(FALLBACK_LANGUAGE)])
    return func.array_remove(wanted, None, type_=ARRAY(Text()))


async def language_and_region(work: ReadUnit, user_id: str) -> tuple[str | None, str | None]:
    """Returns the language and the region that a user has set, each None if not."""
    columns: list[Any] = [UserSettings.language, UserSettings.region]
    row = (await work.execute(select(*columns).where(UserSettings.user_id == user_id))).first()
    return (None, None) if row is None else (row.language, row.region)


def viewer_services(viewer: SqlViewer) -> SqlExpression:
    """The ids of the streaming services that the viewer has, as an array; empty if none are set."""
    own = aliased(UserService)
    ids = select(own.streaming_service_id).where(own.user_id == viewer.id)
    return func.array(scalar(ids, own), type_=ARRAY(Text()))


def is_own_service(user: MappedRow, service: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
    """The user is the viewer and has the streaming service."""
    return and_(user.id == viewer.id, service.id == any_(viewer_services(viewer)))


def own_setting(name: str) -> Callable[[MappedRow, SqlViewer], SqlExpression]:
    """Returns the expression of a setting over the user's row; NULL unless the user is the viewer."""

    def expression(user: MappedRow, viewer: SqlViewer) -> SqlExpression:
        return _setting(name, viewer, user.id)

    return expression


def _setting(name: str, viewer: SqlViewer, *users: SqlExpression) -> SqlExpression:
    settings = aliased(UserSettings)
    own = [settings.user_id == user for user in (viewer.id, *users)]
    return scalar(select(getattr(settings, name)).where(*own), settings)
