"""Root query fields of the audit log."""

from typing import Any

import strawberry
from sqlalchemy import ColumnElement, true

from infocus_graphql.db.links import Link
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.domains.audit.models import AuditEvent
from infocus_graphql.domains.audit.reads import NEWEST_EVENT
from infocus_graphql.graph import refs
from infocus_graphql.graph.connection import Connection, Orders
from infocus_graphql.graph.fields import page
from infocus_graphql.graph.root import root_page, staff


def _all(root: Any, event: Any, viewer: SqlViewer) -> ColumnElement[bool]:
    return true()


@strawberry.type
class AuditQueries:
    """What staff may ask of the audit log."""

    audit_log: Connection[refs.AuditEvent] = root_page(
        page(
            Link(AuditEvent, _all),
            "All that was done, the newest first. For staff.",
            orders=Orders(NEWEST_EVENT),
        ),
        access=staff,
    )
