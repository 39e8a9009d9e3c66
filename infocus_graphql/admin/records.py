"""The tables and columns of the data browser, following the decision in `docs/permissions.md`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_

from infocus_graphql.core.clock import now
from infocus_graphql.db.sql_types import MappedRow
from infocus_graphql.db.visibility import VIEWER
from infocus_graphql.domains.admin import reads
from infocus_graphql.domains.admin.models import FailedJob
from infocus_graphql.domains.audit.models import AuditAction, AuditEvent
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.media.models import MediaItem, StreamingProvider
from infocus_graphql.graph.fields import privacy_flags
from infocus_graphql.mail.outbox import SEND_MAIL

DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)


@dataclass(frozen=True)
class Filter:
    """A part of a table: `?only=<key>` lists the rows that meet the condition."""

    label: str
    condition: Callable[[], ColumnElement[bool]]


@dataclass(frozen=True)
class RecordView:
    """A table of the data browser.

    `columns` are the columns of the list; the first links to the details. `details` are shown on the
    details page only. `title` is the column that names a row. `references` hold ids, which are shown as
    names with links. `search` matches text by its beginning, and ids as a whole.
    """

    model: MappedRow
    name: str
    columns: tuple[str, ...]
    details: tuple[str, ...]
    title: str
    search: tuple[str, ...]
    search_hint: str
    references: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    order: str = "id"

    def __post_init__(self) -> None:
        for name in (*self.all, *self.search, self.title, self.order):
            if "secret" in privacy_flags(getattr(self.model, name)):
                raise TypeError(f"{self.model.__name__}.{name} is secret")

    @property
    def plural(self) -> str:
        """The plural of its name."""
        return f"{self.name}s"

    @property
    def place(self) -> str:
        """Its path segment, such as `media-item`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", self.model.__name__).lower()

    @property
    def all(self) -> tuple[str, ...]:
        """The columns of the details page."""
        return (*self.columns, *self.details)

    def label(self, column: str) -> str:
        """The heading of a column."""
        return self.labels.get(column) or column.replace("_", " ").capitalize()

    def source(self, column: str) -> str:
        """A column's name in the database, such as `users.email`."""
        return f"{self.model.__table__.name}.{column}"


def _unverified() -> ColumnElement[bool]:
    return User.email_verified_at.is_(None)


def _unverified_for_a_week() -> ColumnElement[bool]:
    return and_(_unverified(), User.created_at < now() - WEEK)


def _staff() -> ColumnElement[bool]:
    return User.is_staff.is_(True)


def _staff_without_second_factor() -> ColumnElement[bool]:
    return and_(_staff(), ~reads.has_second_factor(User, VIEWER))


def _last_day(*actions: AuditAction) -> Callable[[], ColumnElement[bool]]:
    def condition() -> ColumnElement[bool]:
        recent: ColumnElement[bool] = AuditEvent.created_at > now() - DAY
        return and_(recent, AuditEvent.action.in_(actions)) if actions else recent

    return condition


RECORD_VIEWS: Final = (
    RecordView(
        User,
        "Account",
        ("email", "name", "is_staff", "email_verified_at", "created_at"),
        ("id",),
        title="email",
        search=("email", "name"),
        search_hint="E-mail address, name or id",
        labels={
            "email": "E-mail address",
            "is_staff": "Staff",
            "email_verified_at": "Verified at",
            "id": "ID",
        },
        filters={
            "unverified": Filter("Unverified", _unverified),
            "unverified-for-a-week": Filter("Unverified for a week", _unverified_for_a_week),
            "staff": Filter("Staff", _staff),
            "staff-without-second-factor": Filter(
                "Staff without second factor", _staff_without_second_factor
            ),
        },
    ),
    RecordView(
        AuditEvent,
        "Audit event",
        ("created_at", "action", "actor_id", "target_user_id", "object_id", "details"),
        ("family_id", "ip_prefix", "device", "id"),
        title="action",
        search=("actor_id", "target_user_id", "family_id", "object_id"),
        search_hint="Id of an account, family or object",
        references=("actor_id", "target_user_id", "object_id"),
        labels={
            "created_at": "Time",
            "actor_id": "Actor",
            "target_user_id": "Target user",
            "object_id": "Target",
            "family_id": "Target family",
            "ip_prefix": "Network",
            "id": "ID",
        },
        filters={
            "last-day": Filter("Last 24 hours", _last_day()),
            "failed-sign-ins": Filter(
                "Failed sign-ins of the last 24 hours", _last_day(AuditAction.SIGN_IN_FAILED)
            ),
            "copied-credentials": Filter(
                "Copied credentials of the last 24 hours",
                _last_day(AuditAction.REFRESH_TOKEN_REUSED, AuditAction.PASSKEY_REFUSED),
            ),
        },
    ),
    RecordView(
        FailedJob,
        "Failed job",
        ("kind", "attempts", "reason", "failed_at"),
        ("created_at", "id"),
        title="kind",
        search=("kind",),
        search_hint="Kind or number",
        labels={"id": "Number"},
        filters={"mails": Filter("E-mails", lambda: FailedJob.kind == SEND_MAIL.name)},
        order="failed_at",
    ),
    RecordView(
        MediaItem,
        "Title",
        ("title", "tmdb_type", "tmdb_id", "release_date", "rating"),
        (
            *("description", "genres", "creators", "poster_path", "backdrop_path"),
            *("created_at", "updated_at", "id"),
        ),
        title="title",
        search=("title",),
        search_hint="Title or id",
        labels={"tmdb_type": "Type", "tmdb_id": "TMDB id", "id": "ID"},
    ),
    RecordView(
        StreamingProvider,
        "Offer",
        ("provider", "media_item_id", "offer_type", "regions", "added_at"),
        ("url", "id"),
        title="provider",
        search=("media_item_id", "provider"),
        search_hint="Provider, or id of a title",
        references=("media_item_id",),
        labels={"media_item_id": "Title", "url": "URL", "id": "ID"},
    ),
)
