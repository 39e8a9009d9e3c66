"""The start page: row counts, job counts, and problems that need attention."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from infocus_graphql.admin.records import RECORD_VIEWS, RecordView
from infocus_graphql.db.revisions import is_current
from infocus_graphql.db.sql_types import MappedRow, SqlSelect
from infocus_graphql.domains.admin.models import FailedJob
from infocus_graphql.domains.audit.models import AuditEvent
from infocus_graphql.domains.families.models import Family
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.media.models import MediaItem, StreamingProvider
from infocus_graphql.domains.recommendations.models import Recommendation
from infocus_graphql.domains.watchlists.models import WatchlistEntry
from infocus_graphql.jobs.queries import job_counts, overdue_jobs

_BY_MODEL: Final = {shown.model: shown for shown in RECORD_VIEWS}


@dataclass(frozen=True, slots=True)
class Line:
    """A number or a warning, with the page that lists the rows."""

    label: str
    value: int | None = None
    path: str | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """The content of the start page."""

    attention: list[Line]
    counts: list[Line]
    jobs: list[Line]


_COUNTS: Final[tuple[tuple[str, MappedRow, str | None], ...]] = (
    ("Accounts", User, None),
    ("Unverified accounts", User, "unverified"),
    ("Families", Family, None),
    ("Titles", MediaItem, None),
    ("Offers", StreamingProvider, None),
    ("Watchlist entries", WatchlistEntry, None),
    ("Recommendations", Recommendation, None),
    ("Audit events in 24 hours", AuditEvent, "last-day"),
    ("Failed sign-ins in 24 hours", AuditEvent, "failed-sign-ins"),
)
# Problems: label, hint, and the model and filter whose rows are counted.
_ATTENTION: Final[tuple[tuple[str, str, MappedRow, str | None], ...]] = (
    ("Failed jobs", "Fix the cause, then run `infocus jobs retry`.", FailedJob, None),
    ("Undelivered e-mails", "Check the settings of the mail server.", FailedJob, "mails"),
    (
        "Signs of copied credentials in 24 hours",
        "A refresh token or a passkey was used by two devices.",
        AuditEvent,
        "copied-credentials",
    ),
    (
        "Accounts without a verified e-mail address for a week",
        "Check that confirmation e-mails arrive.",
        User,
        "unverified-for-a-week",
    ),
    (
        "Staff accounts without a second factor",
        "In production, the data browser requires one.",
        User,
        "staff-without-second-factor",
    ),
)
_OVERDUE: Final = ("Jobs overdue by more than 5 minutes", "Check that a worker runs.")
_BEHIND: Final = Line(
    "The database schema doesn't match this version of the server", hint="Run `infocus db upgrade`."
)


async def overview(session: AsyncSession) -> Overview:
    """Reads all counts with one statement; the check for pending migrations takes another."""
    statements = [
        *(_count(model, part) for _, model, part in _COUNTS),
        *(_count(model, part) for _, _, model, part in _ATTENTION),
        overdue_jobs(),
    ]
    numbers = list((await session.execute(select(*(each.scalar_subquery() for each in statements)))).one())
    jobs = (await session.execute(job_counts())).one()._mapping
    attention = [
        Line(label, number, _path(model, part), hint)
        for number, (label, hint, model, part) in zip(numbers[len(_COUNTS) :], _ATTENTION, strict=False)
        if number
    ]
    if numbers[-1]:
        attention.append(Line(_OVERDUE[0], numbers[-1], hint=_OVERDUE[1]))
    if not await is_current(await session.connection()):
        attention.insert(0, _BEHIND)
    return Overview(
        attention,
        [
            Line(label, number, _path(model, part))
            for number, (label, model, part) in zip(numbers, _COUNTS, strict=False)
        ],
        [
            Line(state.capitalize(), number, _path(FailedJob) if state == "failed" else None)
            for state, number in jobs.items()
        ],
    )


def _count(model: MappedRow, part: str | None) -> SqlSelect:
    found = select(func.count()).select_from(model)
    shown: RecordView | None = _BY_MODEL.get(model)
    return found.where(shown.filters[part].condition()) if shown and part else found


def _path(model: MappedRow, part: str | None = None) -> str | None:
    shown = _BY_MODEL.get(model)
    if shown is None:
        return None
    return f"/{shown.place}/list" + (f"?only={part}" if part else "")
