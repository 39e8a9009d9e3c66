"""Requests, creates and downloads data exports."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import undefer

from infocus_graphql.core.clock import now, rfc3339
from infocus_graphql.core.errors import not_found
from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import ReadUnit, UnitOfWork
from infocus_graphql.domains.audit.models import AuditAction
from infocus_graphql.domains.audit.writes import audit
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.privacy.models import (
    PART_BYTES,
    DataExport,
    DataExportPart,
    DataExportStatus,
)
from infocus_graphql.domains.privacy.reads.contents import SECTIONS, described
from infocus_graphql.domains.privacy.reads.requests import can_be_fetched
from infocus_graphql.domains.privacy.writes.archive import Archive
from infocus_graphql.jobs.job_types import JobType
from infocus_graphql.jobs.queue import enqueue
from infocus_graphql.mail import templates
from infocus_graphql.mail.outbox import post

ATTEMPTS: Final = 3
MAKE_EXPORT: Final = JobType("make_export", attempts=ATTEMPTS, timeout=timedelta(minutes=10))

_PENDING: Final = (DataExportStatus.QUEUED, DataExportStatus.RUNNING)
_ROWS_AT_ONCE: Final = 1000
_README: Final = """\
Everything that InFocus knows about you, as of {at}.

Each table is here twice, with the same columns: as JSON, a list of objects, and as CSV (UTF-8, commas,
a first row with names). Times are in UTC. In CSV, empty means that there is nothing, lists and
objects are written as JSON, and a text that a spreadsheet could take for a formula begins with an
apostrophe.

{tables}"""


@dataclass(frozen=True, slots=True)
class Download:
    """An export that is available for download."""

    export_id: str
    created_at: datetime
    size: int

    @property
    def parts(self) -> int:
        """The number of parts of the file."""
        return -(-self.size // PART_BYTES)


async def request_export(work: UnitOfWork, viewer: Viewer, *, reuse_existing: bool) -> str:
    """Requests an export for the viewer. Returns its id.

    Returns the export in progress if there is one, and with `reuse_existing` also a finished one that has not
    expired.
    """
    locked = select(User.id).where(User.id == viewer.id).with_for_update(key_share=True)
    if await work.session.scalar(locked) is None:
        raise not_found("account")
    own = select(DataExport).where(DataExport.user_id == viewer.id)
    export = await work.session.scalar(own.where(DataExport.status.in_(_PENDING)))
    if export is None and reuse_existing:
        ready = own.where(can_be_fetched(DataExport)).limit(1)
        export = await work.session.scalar(ready)
        if export is not None:
            return export.id
    if export is None:
        export = DataExport(user_id=viewer.id)
        work.session.add(export)
        await work.session.flush()
        audit(work, AuditAction.DATA_EXPORT_REQUESTED, actor=viewer.id, object_id=export.id)
    # Also for an export in progress: if its job was lost, it would never finish. The key prevents duplicates.
    await enqueue(work, MAKE_EXPORT, {"id": export.id}, key=f"export:{export.id}")
    return export.id


async def begin(work: UnitOfWork, *, export_id: str) -> str | None:
    """Starts an attempt. Returns the export's user id; None if it is finished, failed or deleted."""
    export = await _locked(work, export_id)
    if export is None or export.status not in _PENDING:
        return None
    if export.attempts >= ATTEMPTS:  # earlier attempts crashed their workers
        export.status, export.finished_at = DataExportStatus.FAILED, now()
        return None
    export.attempts += 1
    export.status = DataExportStatus.RUNNING
    return export.user_id


async def collect(work: UnitOfWork, *, user_id: str) -> bytes:
    """Returns the export file, from one snapshot of the database."""
    await work.session.connection(
        execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    )
    archive = Archive()
    archive.add_text("README.md", _README.format(at=rfc3339(now()), tables=described()))
    for section in SECTIONS:
        stream = await work.session.stream(
            section.statement, {"user_id": user_id}, execution_options={"yield_per": _ROWS_AT_ONCE}
        )
        rows = [tuple(row) async for row in stream]
        # In a thread, so that the event loop isn't blocked.
        await asyncio.to_thread(archive.add_table, section.name, list(section.columns), rows)
    return await asyncio.to_thread(archive.finished)


async def finish(work: UnitOfWork, *, export_id: str, content: bytes, keep: timedelta) -> None:
    """Stores the file, deletes earlier exports of the user, and notifies the user by e-mail."""
    export = await _locked(work, export_id)
    if export is None or export.status is not DataExportStatus.RUNNING:
        return
    other_exports = (DataExport.user_id == export.user_id, DataExport.id != export.id)
    await work.session.execute(delete(DataExport).where(*other_exports))
    for number, start in enumerate(range(0, len(content), PART_BYTES)):
        part = content[start : start + PART_BYTES]
        work.session.add(DataExportPart(export_id=export.id, number=number, content=part))
        await work.session.flush()
    export.status, export.bytes, export.finished_at = DataExportStatus.SUCCEEDED, len(content), now()
    export.expires_at = export.finished_at + keep
    user = (await work.session.execute(select(User.email, User.name).where(User.id == export.user_id))).one()
    await post(
        work,
        templates.export_is_ready(user.email, name=user.name, until=export.expires_at),
        about=export.user_id,
    )


async def give_up(work: UnitOfWork, *, export_id: str, for_good: bool) -> None:
    """Records a failed attempt. After the last attempt, or with `for_good`, the export is FAILED."""
    export = await _locked(work, export_id)
    if export is None or export.status is not DataExportStatus.RUNNING:
        return
    if for_good or export.attempts >= ATTEMPTS:
        export.status, export.finished_at = DataExportStatus.FAILED, now()
    else:
        export.status = DataExportStatus.QUEUED


async def open_download(work: UnitOfWork, viewer: Viewer, *, export_id: str) -> Download | None:
    """Returns the viewer's export if it is available, and audits the download; else None."""
    own = (DataExport.id == export_id, DataExport.user_id == viewer.id, can_be_fetched(DataExport))
    export = await work.session.scalar(select(DataExport).where(*own))
    if export is None or export.bytes is None:
        return None
    audit(work, AuditAction.DATA_EXPORT_FETCHED, actor=viewer.id, object_id=export.id)
    return Download(export.id, export.created_at, export.bytes)


async def read_part(unit: ReadUnit, *, export_id: str, number: int) -> bytes:
    """Returns one part of an export's file. Fails if the export was deleted during the download."""
    query = select(DataExportPart).where(
        DataExportPart.export_id == export_id, DataExportPart.number == number
    )
    part: DataExportPart = (await unit.scalars(query.options(undefer(DataExportPart.content)))).one()
    return part.content


async def _locked(work: UnitOfWork, export_id: str) -> DataExport | None:
    query = select(DataExport).where(DataExport.id == export_id).with_for_update()
    export: DataExport | None = await work.session.scalar(query)
    return export
