"""The library's views for `RECORD_VIEWS`. Rows can't be created, deleted, exported or imported."""

import secrets
from collections.abc import Iterable
from types import new_class
from typing import Any, ClassVar

import structlog
from sqladmin import ModelView
from sqladmin.pagination import Pagination
from sqlalchemy import func, or_, select
from sqlalchemy.orm import undefer
from starlette.exceptions import HTTPException
from starlette.requests import Request
from wtforms import StringField  # type: ignore[import-untyped] # the library ships no types

from infocus_graphql.admin.records import RecordView
from infocus_graphql.admin.references import references_of
from infocus_graphql.core.errors import Refused
from infocus_graphql.core.folding import input_search_form
from infocus_graphql.core.normal_form import single_line
from infocus_graphql.db.links import primary_key
from infocus_graphql.db.sql_types import MappedRow, SqlSelect
from infocus_graphql.db.visibility import VIEWER
from infocus_graphql.domains.admin import reads
from infocus_graphql.domains.admin.policy import EDITABLE, MULTI_LINE
from infocus_graphql.domains.admin.writes import change_record
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.fields import privacy_flags

log = structlog.get_logger("infocus.admin")


class EditRejected(Exception):
    """An edit was rejected; the message is for the user."""


class RecordAdmin(ModelView):
    """A table to browse. Edits go through a use case instead of the library's own update."""

    shown: ClassVar[RecordView]
    can_create = False
    can_delete = False
    can_export = False
    can_import = False
    page_size = 25
    page_size_options: ClassVar[list[int]] = [25]

    async def list(self, request: Request) -> Pagination:
        """A page of rows; also loads the names of the rows they refer to."""
        page = await super().list(request)
        await self._name_references(request, page.rows)
        return page

    async def get_object_for_details(self, request: Request) -> MappedRow:
        """A row; also loads the names of the rows it refers to."""
        row = await super().get_object_for_details(request)
        await self._name_references(request, [row] if row else [])
        return row

    async def details_context(self, request: Request) -> dict[str, Any]:
        """The computed values that the details page shows in addition to columns."""
        if self.shown.model is not User:
            return {"facts": {}}
        facts = {
            "hasSecondFactor": ("Second factor", reads.has_second_factor(User, VIEWER)),
            "lastSeenAt": ("Last seen at", reads.last_seen(User, VIEWER)),
            "familyCount": ("Families", reads.family_count(User, VIEWER)),
        }
        found = select(*(value for _, value in facts.values())).where(User.id == request.path_params["pk"])
        async with self.session_maker() as session:
            row = (await session.execute(found)).one_or_none()
        named = zip(facts.items(), row or (), strict=False)
        return {"facts": {key: (label, value) for (key, (label, _)), value in named}}

    def list_query(self, request: Request) -> SqlSelect:
        """The SELECT of the list, with the displayed private columns and the filter of the request."""
        statement = self._with_private(super().list_query(request))
        only = request.query_params.get("only")
        if only is None:
            return statement
        if only not in self.shown.filters:
            raise HTTPException(
                400, f"There is no filter with this name. Filters: {', '.join(self.shown.filters)}."
            )
        return statement.where(self.shown.filters[only].condition())

    def form_details_query(self, request: Request) -> SqlSelect:
        """The SELECT of the details page, with the displayed private columns."""
        return self._with_private(super().form_details_query(request))

    def form_edit_query(self, request: Request) -> SqlSelect:
        """The SELECT of the edit page, with the displayed private columns."""
        return self._with_private(super().form_edit_query(request))

    def search_query(self, stmt: SqlSelect, term: str) -> SqlSelect:
        """Matches rows by id, by reference to this id, or by the beginning of a text in its search form."""
        model, text = self.shown.model, single_line(term)
        columns = ((name, getattr(model, name)) for name in self.shown.search)
        found = [
            column == text
            if name.endswith("_id")
            else func.search_form(column).startswith(input_search_form(text), autoescape=True)
            for name, column in columns
        ]
        return stmt.where(or_(primary_key(model) == text, *found))

    async def update_model(self, request: Request, pk: str, data: dict[str, Any]) -> MappedRow:
        """Stores an edit with a use case, which records it in the audit log in the same transaction."""
        context: Context = request.state.context
        changes = {
            name: None if value is None else str(value).replace("\r\n", "\n")
            for name, value in data.items()
            if name in EDITABLE[self.shown.model]
        }
        try:
            await context.transaction(change_record, model=self.shown.model, key=pk, values=changes)
        except Refused as error:
            raise EditRejected(" ".join(each.message for each in error.refusals)) from None
        except Exception as error:
            # The library displays the message of any exception, which could contain secrets.
            incident = secrets.token_hex(8)
            log.exception("data browser edit failed", incident=incident, exc_info=error)
            raise EditRejected(f"Internal server error: incident {incident}.") from None
        return await self.get_object_for_details(request)

    async def _name_references(self, request: Request, rows: Iterable[MappedRow]) -> None:
        ids = (getattr(row, name) for row in rows for name in self.shown.references)
        async with self.session_maker() as session:
            request.state.references = await references_of(session, ids)

    def _with_private(self, statement: SqlSelect) -> SqlSelect:
        attributes = (getattr(self.shown.model, name) for name in self.shown.all)
        return statement.options(*(undefer(each) for each in attributes if privacy_flags(each)))


def view_of(shown: RecordView) -> type[RecordAdmin]:
    """The view class of one table. The library stores state in the class, so each application has its own."""
    editable = list(EDITABLE.get(shown.model, ()))
    values = {
        "shown": shown,
        "name": shown.name,
        "name_plural": shown.plural,
        "column_list": list(shown.columns),
        "column_details_list": list(shown.all),
        "column_searchable_list": list(shown.search),
        "column_sortable_list": [],
        "column_default_sort": (shown.order, True),
        "column_labels": {name: shown.label(name) for name in editable},
        "can_edit": bool(editable),
        "form_columns": editable,
        "form_overrides": {name: StringField for name in editable if (shown.model, name) not in MULTI_LINE},
    }
    name = f"{shown.model.__name__}View"
    return new_class(name, (RecordAdmin,), {"model": shown.model}, lambda body: body.update(values))
