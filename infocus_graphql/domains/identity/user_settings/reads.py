"""The viewer's region, languages and streaming services, for the SQL expressions of other fields.

    WITH viewer_settings AS (SELECT s.region, s.language FROM user_settings s WHERE s.user_id = :viewer_id)
    SELECT … (SELECT region FROM viewer_settings) …

The settings are read once per statement, however many fields use them. SQLAlchemy adds the CTE to statements
that use it.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ARRAY, CTE, ColumnElement, Text, and_, any_, func, literal, literal_column, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import aliased

from infocus_graphql.db.correlation import scalar
from infocus_graphql.db.database import ReadUnit
from infocus_graphql.db.sql_types import MappedRow, SqlExpression, SqlValue
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains.identity.user_settings.models import UserService, UserSettings

FALLBACK_LANGUAGE: Final = "en"
_FALLBACK: Final = literal([FALLBACK_LANGUAGE], ARRAY(Text()))
_UTC: Final = literal_column("'UTC'", Text())


def viewer_region(viewer: SqlViewer) -> SqlExpression:
    """The viewer's country code. NULL for anonymous viewers and for viewers who have set none."""
    settings = _settings_of(viewer)
    return scalar(select(settings.c.region), settings)


def viewer_time_zone(viewer: SqlViewer) -> SqlExpression:
    """The viewer's time zone. UTC for anonymous viewers and for viewers who have set none."""
    settings = _settings_of(viewer)
    return func.coalesce(scalar(select(settings.c.time_zone), settings), _UTC)


def viewer_language(viewer: SqlViewer) -> SqlExpression:
    """The viewer's language tag. NULL for anonymous viewers and for viewers who have set none."""
    settings = _settings_of(viewer)
    return scalar(select(settings.c.language), settings)


def viewer_languages(viewer: SqlViewer) -> SqlExpression:
    """The languages in which the viewer reads texts, best first; see `languages_of`. `{en}` if not set."""
    settings = _settings_of(viewer)
    chosen = scalar(select(languages_of(settings.c.language)), settings)
    return func.coalesce(chosen, _FALLBACK, type_=ARRAY(Text()))


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
        settings = aliased(UserSettings)
        own = and_(settings.user_id == viewer.id, settings.user_id == user.id)
        return scalar(select(getattr(settings, name)).where(own), settings)

    return expression


@lru_cache  # a statement can't have two CTEs with the same name
def _settings_of(viewer: SqlViewer) -> CTE:
    """The viewer's settings: one row, or none for anonymous viewers and for viewers who have set none."""
    columns = (UserSettings.region, UserSettings.language, UserSettings.time_zone)
    return select(*columns).where(UserSettings.user_id == viewer.id).cte("viewer_settings")
