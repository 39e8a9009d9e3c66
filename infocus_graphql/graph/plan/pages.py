"""Connections in SQL: a window of rows, aggregated into edges, nodes and pageInfo in one pass.

`watchlist(first: 2) { edges { node { rating } } pageInfo { hasNextPage } }` of a user `u` becomes

    SELECT array_agg(item0 ORDER BY place) FILTER (WHERE place <= 2) AS edges,   -- the page
           max(cursor) FILTER (WHERE place = 1) AS near, … AS far,               -- for pageInfo
           count(*) > 2 AS more                                                  -- hasNextPage
    FROM (SELECT item0, cursor, row_number() OVER () AS place
          FROM (SELECT {"node": {"rating": …}} AS item0, … AS cursor
                FROM watchlist_entries e
                WHERE e.user_id = u.id
                ORDER BY e.date_added DESC, e.id DESC
                LIMIT 2 + 1) read) numbered                                      -- one row beyond the page

The rows are numbered outside the LIMIT: a window function inside it would read the whole list. Nodes alone
need neither cursors nor the row beyond, and are `ARRAY(SELECT row_to_json(…) … LIMIT 2)`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from graphql import FieldNode, GraphQLObjectType, assert_object_type, get_named_type
from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Subquery,
    Text,
    and_,
    case,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from infocus_graphql.db.batch_queries import Window
from infocus_graphql.db.keyset import after_cursor, cursor_sql, order_by
from infocus_graphql.db.links import primary_key_of
from infocus_graphql.db.sql_types import MappedRow, SqlExpression, SqlSelect
from infocus_graphql.graph.declarations import Cursor, declared_by
from infocus_graphql.graph.plan.bindings import BoundArguments
from infocus_graphql.graph.plan.field_errors import mark
from infocus_graphql.graph.plan.json_sql import array_of, first_of, object_of
from infocus_graphql.graph.plan.selection import Unplannable
from infocus_graphql.graph.plan.typenames import type_name

if TYPE_CHECKING:
    from infocus_graphql.graph.plan.compiler import Compiler, SelectedField

_OUTSIDE = {"nodes", "totalCount", "__typename"}


def page_of(compiler: "Compiler", asked: "SelectedField", parent: MappedRow) -> SqlExpression:
    """The JSON of a connection."""
    given = compiler.given(asked)
    if given.window is None:
        raise Unplannable(f"{asked.gtype.name}.{asked.nodes[0].name.value}: no window")
    page = _Page(compiler, asked, given, given.window, parent)
    parts = compiler.document.fields_of(asked.target, asked.nodes)
    # Nodes alone, read forwards, need no row beyond the page.
    only_nodes = all(nodes[0].name.value in _OUTSIDE for nodes in parts.values())
    plain = only_nodes and not given.window.backwards and not page.associates
    value = page.plain(parts) if plain else page.folded(parts)
    doubts = given.doubts(parent)
    key = primary_key_of(parent) if given.has_names_of_parent else None
    return case((and_(*doubts), value), else_=mark(key)) if doubts else value


class _Page:
    """One connection while it is compiled."""

    def __init__(
        self,
        compiler: "Compiler",
        asked: "SelectedField",
        given: BoundArguments,
        window: Window,
        parent: MappedRow,
    ) -> None:
        self._compiler = compiler
        self._asked = asked
        self._given = given
        self._window = window
        self._parent = parent
        edge: GraphQLObjectType = self._type_of("edges")
        # Association rows, such as memberships: the edge type declares `node` and the other fields.
        self.associates = declared_by(edge.fields["node"]) is not None

    def plain(self, parts: dict[str, list[FieldNode]]) -> SqlExpression:
        """A page without cursors: each list of nodes is a sub-select."""
        columns = []
        for key, nodes in parts.items():
            if nodes[0].name.value == "nodes":
                row, reached = self._reached()
                selected = self._compiler.columns(self._type_of("nodes"), nodes, row)
                value = array_of(self._read(row, reached, selected, look_beyond=False))
            else:
                value = self._outside(nodes)
            columns.append(value.label(key))
        return object_of(columns)

    def folded(self, parts: dict[str, list[FieldNode]]) -> SqlExpression:
        """A page whose window is read once and aggregated into all its parts."""
        row, reached = self._reached()
        cursor = self._cursor(row)
        lists = {
            key: self._item(nodes, row)
            for key, nodes in parts.items()
            if nodes[0].name.value in {"nodes", "edges"}
        }
        selected = [item.label(f"item{index}") for index, item in enumerate(lists.values())]
        columns = [*selected, cursor.label("cursor")]
        read = self._read(row, reached, columns, look_beyond=True).subquery()
        rows = select(read, func.row_number().over().label("place")).correlate_except(read).subquery()
        folds = [self._folded(rows, rows.c[item.name]).label(item.name) for item in selected]
        fold = select(*folds, *self._ends(rows)).select_from(rows).correlate_except(rows).subquery()
        names = {key: item.name for key, item in zip(lists, selected, strict=True)}
        all_parts = [self._part(fold, nodes, names.get(key)).label(key) for key, nodes in parts.items()]
        return first_of(select(*all_parts).select_from(fold).correlate_except(fold))

    def _reached(self) -> tuple[MappedRow, list[ColumnElement[bool]]]:
        """An alias for the rows of the list, and their conditions."""
        row: MappedRow = aliased(self._asked.declared.link.target)
        return row, self._compiler.reached(self._asked.declared.link, self._parent, row, self._given)

    def _read(
        self,
        row: MappedRow,
        reached: list[ColumnElement[bool]],
        columns: Sequence[SqlExpression],
        *,
        look_beyond: bool,
    ) -> SqlSelect:
        window = self._window
        limits = [
            after_cursor(
                window.order, row, self._given.position(window.order, row, end, values), backwards=backwards
            )
            for end, values, backwards in (("after", window.after, False), ("before", window.before, True))
            if values is not None
        ]
        limit = self._given.limit()
        return (
            select(*columns)
            .select_from(row)
            .where(*reached, *limits)
            .order_by(*order_by(window.order, row, backwards=window.backwards))
            .limit(limit + 1 if look_beyond else limit)
            .correlate_except(row)
        )

    def _item(self, nodes: list[FieldNode], row: MappedRow) -> SqlExpression:
        """The JSON of one node, or of one edge."""
        edge = self._type_of("edges")
        if nodes[0].name.value == "nodes":
            if self.associates:
                return self._compiler.declared(edge, "node", nodes, row)
            return object_of(self._compiler.columns(self._type_of("nodes"), nodes, row))
        columns = []
        for key, group in self._compiler.document.fields_of(edge, nodes).items():
            name = group[0].name.value
            if name != "__typename" and isinstance(declared_by(edge.fields[name]), Cursor):
                value = self._cursor(row)
            elif name == "node" and not self.associates:
                value = object_of(self._compiler.columns(_object_type(edge, "node"), group, row))
            else:
                value = self._compiler.field(edge, group, row)
            columns.append(value.label(key))
        return object_of(columns)

    def _folded(self, rows: Subquery, item: SqlExpression) -> SqlExpression:
        """The items on the page in the order of the list; with `last`, the rows were read in reverse."""
        place = rows.c.place.desc() if self._window.backwards else rows.c.place.asc()
        items = func.array_agg(aggregate_order_by(item, place), type_=ARRAY(JSON()))
        on_page = items.filter(rows.c.place <= self._given.limit())
        return func.coalesce(on_page, literal([], ARRAY(JSON())), type_=ARRAY(JSON()))

    def _ends(self, rows: Subquery) -> list[SqlExpression]:
        """The columns for pageInfo: the first and the last cursor, and whether there are more rows."""
        last = func.array_agg(aggregate_order_by(rows.c.cursor, rows.c.place.desc()), type_=ARRAY(Text()))
        return [
            func.max(rows.c.cursor).filter(rows.c.place == 1).label("near"),
            last.filter(rows.c.place <= self._given.limit())[1].label("far"),
            (func.count() > self._given.limit()).label("more"),
        ]

    def _part(self, fold: Subquery, nodes: list[FieldNode], item: str | None) -> SqlExpression:
        if item is not None:
            found: SqlExpression = fold.c[item]
            return found
        if nodes[0].name.value == "pageInfo":
            return object_of(self._page_info(fold, nodes))
        return self._outside(nodes)

    def _page_info(self, fold: Subquery, nodes: list[FieldNode]) -> list[SqlExpression]:
        info = self._type_of("pageInfo")
        window, far = self._window, fold.c.far
        values = {
            "hasNextPage": literal(window.before is not None) if window.backwards else fold.c.more,
            "hasPreviousPage": fold.c.more if window.backwards else literal(window.after is not None),
            "startCursor": far if window.backwards else fold.c.near,
            "endCursor": fold.c.near if window.backwards else far,
            "__typename": type_name(info),
        }
        fields = self._compiler.document.fields_of(info, nodes)
        return [values[group[0].name.value].label(key) for key, group in fields.items()]

    def _outside(self, nodes: list[FieldNode]) -> SqlExpression:
        if nodes[0].name.value == "__typename":
            return type_name(self._asked.target)
        return counted(self._compiler, self._asked, self._given, self._parent)

    def _cursor(self, row: MappedRow) -> SqlExpression:
        return cursor_sql(self._window.order, row, self._given.scope())

    def _type_of(self, part: str) -> GraphQLObjectType:
        return _object_type(self._asked.target, part)


def counted(
    compiler: "Compiler", asked: "SelectedField", given: BoundArguments, parent: MappedRow
) -> SqlExpression:
    """The number of rows in the whole list, after filters."""
    child: MappedRow = aliased(asked.declared.link.target)
    rows = select(func.count()).select_from(child)
    conditions = compiler.reached(asked.declared.link, parent, child, given)
    return rows.where(*conditions).correlate_except(child).scalar_subquery()


def _object_type(gtype: GraphQLObjectType, field: str) -> GraphQLObjectType:
    return assert_object_type(get_named_type(gtype.fields[field].type))
