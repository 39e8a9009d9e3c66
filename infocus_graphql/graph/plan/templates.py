"""Templates: root fields of a document, from which statements are compiled for each shape of arguments."""

from collections.abc import Mapping
from typing import Final

from graphql import FieldNode, GraphQLField, GraphQLNamedType, GraphQLObjectType, get_named_type
from sqlalchemy import ARRAY, JSON, ColumnElement, Text, bindparam, case, func, select, type_coerce

from infocus_graphql.db.links import Link, primary_key_of
from infocus_graphql.db.prepared import CompiledStatement, compiled_statement
from infocus_graphql.db.sql_types import MappedRow, SqlSelect
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.graph.connection import is_part_of_page
from infocus_graphql.graph.declarations import Aggregate, RootRow, declared_by
from infocus_graphql.graph.plan.bindings import Arguments, ArgumentSite, BoundArguments, WithArguments
from infocus_graphql.graph.plan.compiler import Compiler, SelectedField
from infocus_graphql.graph.plan.field_errors import NO_KEY
from infocus_graphql.graph.plan.hooks import refuse_hooks
from infocus_graphql.graph.plan.json_sql import objects_of
from infocus_graphql.graph.plan.pages import page_of
from infocus_graphql.graph.plan.selection import Document, SiteKey, Unplannable
from infocus_graphql.graph.strawberry_internals import strawberry_field

ROW_KEY: Final = "row_key"
_MAX_DEPTH: Final = 25  # of selections; SQLAlchemy and PostgreSQL both go down a statement by recursion


class Template:
    """A root field in a document, with its argument sites. Its plans are compiled from it."""

    def __init__(
        self, document: Document, asked: SelectedField, link: Link | None, *, prefix: str = "s"
    ) -> None:
        self.document = document
        self._asked = asked
        self._link = link  # of a single row; None for a page
        self._prefix = prefix  # of the sites' names, for templates that share a statement
        self.sites: dict[SiteKey, ArgumentSite] = {}
        self._visit(asked.gtype, asked.definition, asked.target, asked.nodes, _MAX_DEPTH)

    def given(self, arguments: Arguments) -> dict[SiteKey, BoundArguments]:
        """Returns the bound arguments of a request by site."""
        return {key: site.constant or site.given(arguments) for key, site in self.sites.items()}

    def own_arguments(self, arguments: Arguments) -> dict[str, object]:
        """Returns the arguments of the root field as its resolver gets them."""
        return self.sites[id(self._asked.nodes[0]), self._asked.gtype.name].values(arguments)

    def constant(self, givens: Mapping[SiteKey, BoundArguments]) -> bytes | None:
        """Returns the value of the field if it is known without a statement.

        It is null if the arguments match no row, and a mark if they are invalid.
        """
        asked = self._asked
        own = givens.get((id(asked.nodes[0]), asked.gtype.name))
        if own is None:
            return None
        if own.error is not None:
            return NO_KEY
        is_row = isinstance(asked.declared, RootRow) and bool(asked.declared.by)
        return b"null" if is_row and not own.conditions else None

    def compiled(self, givens: Mapping[SiteKey, BoundArguments]) -> CompiledStatement:
        """The plan for arguments of this shape."""
        compiler = Compiler(self.document, givens)
        if self._link is None:
            return compiled_statement(select(page_of(compiler, self._asked, None)))
        return compiled_statement(self.row(compiler, None))  # where there is no such row, no row is null

    def row(self, compiler: Compiler, root: MappedRow) -> SqlSelect:
        """The JSON of the one row."""
        if self._link is None:
            raise TypeError("a page is not a row")
        _, rows = compiler.rows(self._link, self._asked, root)
        return objects_of(rows)

    def _visit(
        self,
        gtype: GraphQLObjectType,
        definition: GraphQLField,
        target: GraphQLNamedType,
        nodes: list[FieldNode],
        left: int,
        *,
        is_part: bool = False,
    ) -> None:
        """Collects the argument sites; raises Unplannable for fields that have no SQL."""
        name, declared, field = nodes[0].name.value, declared_by(definition), strawberry_field(definition)
        refuse_hooks(gtype, name, field)
        if left == 0:
            raise Unplannable(f"{gtype.name}.{name}: more than {_MAX_DEPTH} levels")
        if declared is None and not is_part:
            raise Unplannable(f"{gtype.name}.{name}: it has a resolver of its own")
        if field is not None and definition.args and isinstance(declared, WithArguments):
            own, scope = f"{self._prefix}{len(self.sites)}", f"{gtype.name}.{name}"
            site = ArgumentSite(own, declared, definition, field, nodes[0], scope)
            self.sites.setdefault((id(nodes[0]), gtype.name), site)
        if isinstance(target, GraphQLObjectType):
            # The fields of a page or of an aggregate come from the declaration of the field that gives it.
            are_parts = isinstance(declared, Aggregate) or is_part_of_page(target)
            for group in self.document.fields_of(target, nodes).values():
                if group[0].name.value != "__typename":
                    inner = target.fields[group[0].name.value]
                    inner_type = get_named_type(inner.type)
                    self._visit(target, inner, inner_type, group, left - 1, is_part=are_parts)


class NodesTemplate:
    """Rows of several types by their ids, in one statement with a template for each type:

    SELECT array_to_json(ARRAY(
        SELECT CASE WHEN left(key, 2) = 'fa' THEN (SELECT … FROM families WHERE id = key AND …)
                    WHEN left(key, 2) = 'us' THEN (SELECT … FROM users WHERE id = key AND …) END
        FROM unnest($1) WITH ORDINALITY AS ids(key, place) ORDER BY place))
    """

    def __init__(self, templates: Mapping[str, Template]) -> None:
        self._templates = templates  # by the tag of the ids
        self.document = next(iter(templates.values())).document
        self.sites = {key: site for template in templates.values() for key, site in template.sites.items()}

    def given(self, arguments: Arguments) -> dict[SiteKey, BoundArguments]:
        """Returns the bound arguments of a request by site."""
        found: dict[SiteKey, BoundArguments] = {}
        for template in self._templates.values():
            found |= template.given(arguments)
        return found

    def constant(self, givens: Mapping[SiteKey, BoundArguments]) -> bytes | None:
        """Returns None: without ids there is no template."""
        return None

    def compiled(self, givens: Mapping[SiteKey, BoundArguments]) -> CompiledStatement:
        """The plan for arguments of this shape: the rows in the order of their ids, null for hidden ones."""
        asked = func.unnest(bindparam(ROW_KEY, type_=ARRAY(Text())))
        keys = asked.table_valued("key", with_ordinality="place").render_derived()
        rows = {
            tag: template.row(Compiler(template.document, givens), keys.c.key).scalar_subquery()
            for tag, template in self._templates.items()
        }
        row = case(*((func.left(keys.c.key, 2) == tag, row) for tag, row in rows.items()))
        found = func.array(select(row).order_by(keys.c.place).scalar_subquery(), type_=ARRAY(JSON()))
        return compiled_statement(select(type_coerce(func.array_to_json(found), JSON())))


def row_by_key(document: Document, asked: SelectedField, model: type, *, prefix: str = "s") -> Template:
    """A template for the one row of `model` whose primary key is the root, or the parameter `row_key`."""

    def on(root: MappedRow, row: MappedRow, viewer: SqlViewer) -> ColumnElement[bool]:
        key = bindparam(ROW_KEY, type_=Text()) if root is None else root
        named: ColumnElement[bool] = primary_key_of(row) == key
        return named

    return Template(document, asked, Link(model, on), prefix=prefix)
