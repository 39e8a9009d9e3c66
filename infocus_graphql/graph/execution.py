"""Running one operation: parse and validate (cached), execute, and format what clients may see of errors."""

import math
import re
import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any, Generic, NoReturn, TypeVar

import orjson
import strawberry
import structlog
from graphql import (
    ASTValidationRule,
    FloatValueNode,
    GraphQLError,
    Node,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    StringValueNode,
    execute,
    parse,
    specified_rules,
)
from strawberry.schema.schema import validate_document

from infocus_graphql.graph.context import Context
from infocus_graphql.graph.plan.documents import Known
from infocus_graphql.graph.plan.planner import Failed, Planner

log = structlog.get_logger("infocus.graphql")
V = TypeVar("V")

MAX_TOKENS = 2000
_CACHED_DOCUMENTS = 1000
_CACHED_CHARACTERS = 1_000_000  # a parsed document takes about a hundred times the memory of its text
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # NUL, and halves of surrogate pairs


@dataclass(frozen=True, slots=True)
class Request:
    """One operation as the client sent it."""

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The body, or the finished JSON of it; `executed` is False for a request error, without `data`."""

    body: dict[str, Any] = field(default_factory=dict)
    executed: bool = True
    json: bytes | None = None

    def content(self) -> bytes:
        """The body as JSON."""
        return orjson.dumps(self.body) if self.json is None else self.json


class RequestError(Exception):
    """The request can't be run at all: malformed, invalid, or of a kind that is not allowed here."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


class StorableRule(ASTValidationRule):
    """Literals that PostgreSQL can hold: its text has no NUL, its JSON no infinity."""

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        """Reports a text with a NUL."""
        if _UNSTORABLE.search(node.value):
            self._report("A text can't contain NUL.", node)

    def enter_float_value(self, node: FloatValueNode, *_: Any) -> None:
        """Reports a number beyond all bounds."""
        if not math.isfinite(float(node.value)):
            self._report("The number is too large.", node)

    def _report(self, message: str, node: Node) -> None:
        self.report_error(GraphQLError(message, node, extensions={"code": "BAD_USER_INPUT"}))


class Lru(Generic[V]):
    """A memory of the most recently used, bounded in items and in the characters of their keys."""

    def __init__(self, items: int, characters: int) -> None:
        self._items, self._characters = items, characters
        self._held: OrderedDict[str, V] = OrderedDict()
        self._size = 0

    def get(self, key: str) -> V | None:
        """What is held for `key`, which counts as a use."""
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
        return found

    def put(self, key: str, value: V) -> None:
        """Holds `value`; the least recently used go when there is too much."""
        if key not in self._held:
            self._size += len(key)
        self._held[key] = value
        while len(self._held) > self._items or self._size > self._characters:
            oldest, _ = self._held.popitem(last=False)
            self._size -= len(oldest)


class Engine:
    """Runs operations on one schema."""

    def __init__(
        self, schema: strawberry.Schema, *, introspection: bool, planner: Planner | None = None
    ) -> None:
        self._planner = planner
        self._strawberry = schema
        self._schema = schema._schema  # the graphql-core schema has no public name
        rules = [*specified_rules, StorableRule]
        if not introspection:
            rules.append(NoSchemaIntrospectionCustomRule)
        self._rules = tuple(rules)
        self._documents: Lru[Known] = Lru(_CACHED_DOCUMENTS, _CACHED_CHARACTERS)

    async def run(self, request: Request, context: Context, *, queries_only: bool) -> Answer:
        """The answer to `request`. What goes wrong is in the answer, and the whole of it in the log."""
        try:
            known = self._known(request.query)
            operation = known.operation(request.operation_name) or _no_operation(
                known, request.operation_name
            )
            if queries_only and operation.operation is not OperationType.QUERY:
                raise RequestError([_error("METHOD_NOT_ALLOWED", "Only queries are allowed by GET.")])
            _refuse_bad_text(request.variables)
            planned = await self._planned(known, operation, request, context)
            return planned or await self._executed(known, request, context)
        except RequestError as error:
            return Answer({"errors": _formatted(error.errors)}, executed=False)

    async def _planned(
        self, known: Known, operation: OperationDefinitionNode, request: Request, context: Context
    ) -> Answer | None:
        if self._planner is None:
            return None
        running = self._planner.start(known, operation, request.variables or {}, context)
        if running is None:
            return None
        try:
            json = await running.answer()
        except Failed as failed:
            return Answer({"data": failed.data, "errors": _formatted(failed.errors)})
        if json is not None:
            return Answer(json=json)
        context.plans = None if running.broken else running
        return None

    async def _executed(self, known: Known, request: Request, context: Context) -> Answer:
        executed = execute(
            self._schema,
            known.document,
            context_value=context,
            variable_values=dict(request.variables or {}),
            operation_name=request.operation_name,
            executor_class=self._strawberry.execution_context_class,
        )
        result: Any = await executed if isawaitable(executed) else executed
        errors = _formatted(result.errors or [])
        if result.data is None and result.errors and all(error.path is None for error in result.errors):
            return Answer({"errors": errors}, executed=False)  # the variables didn't fit: nothing was run
        body: dict[str, Any] = {"data": result.data}
        if errors:
            body["errors"] = errors
        return Answer(body)

    def _known(self, query: str) -> Known:
        known = self._documents.get(query)
        if known is not None:
            return known
        try:
            document = parse(query, max_tokens=MAX_TOKENS)
        except GraphQLError as error:
            raise RequestError([_coded(error, "GRAPHQL_PARSE_FAILED")]) from error
        errors = validate_document(self._schema, document, self._rules)
        if errors:
            raise RequestError([_coded(error, "GRAPHQL_VALIDATION_FAILED") for error in errors])
        known = Known(document)
        self._documents.put(query, known)
        return known


def _no_operation(known: Known, name: str | None) -> NoReturn:
    text = "The document has no operation of that name." if name is not None else "No operation."
    if name is None and known.has_operations:
        text = "The document has several operations: say which by `operationName`."
    raise RequestError([_error("OPERATION_RESOLUTION_FAILURE", text)])


def _refuse_bad_text(variables: Mapping[str, Any] | None) -> None:
    """Texts that PostgreSQL can't hold are refused by the path of the variable they are in."""
    if _is_storable(variables):
        return
    waiting: list[tuple[tuple[str, ...], Any]] = [((), variables or {})]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting.extend(((*path, "key"), key) for key in value)
            waiting.extend(((*path, str(key)), item) for key, item in value.items())
        elif isinstance(value, list):
            waiting.extend(((*path, str(index)), item) for index, item in enumerate(value))
        elif isinstance(value, str) and _UNSTORABLE.search(value):
            # A name can be what is wrong, and must not make the answer wrong too.
            shown = [name.encode(errors="replace").decode() for name in path]
            message = f"`{'.'.join(shown)}` contains NUL or half of a surrogate pair."
            raise RequestError([_error("BAD_USER_INPUT", message, argument=shown)])


def _is_storable(value: Any) -> bool:
    if isinstance(value, str):
        return value.isprintable() or not _UNSTORABLE.search(value)
    if isinstance(value, Mapping):
        return all(map(_is_storable, value)) and all(map(_is_storable, value.values()))
    return not isinstance(value, list) or all(map(_is_storable, value))


def _error(code: str, message: str, **extensions: Any) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code, **extensions})


def _coded(error: GraphQLError, code: str) -> GraphQLError:
    error.extensions = {"code": code, **(error.extensions or {})}
    return error


def _formatted(errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    """The errors as the client sees them; unexpected ones are masked and logged under an incident's id.

    What fails for a whole batch fails for each of its fields: that is one incident, logged once.
    """
    incidents: dict[int, str] = {}
    return [dict(_shown(error, incidents).formatted) for error in errors]


def _shown(error: GraphQLError, incidents: dict[int, str]) -> GraphQLError:
    if "code" in (error.extensions or {}):
        return error
    if _is_bad_input(error):
        return _coded(error, "BAD_USER_INPUT")
    cause = error.original_error or error
    incident = incidents.get(id(cause))
    if incident is None:
        incident = incidents[id(cause)] = secrets.token_hex(8)
        log.error("resolver failed", incident=incident, path=error.path, exc_info=cause)
    return GraphQLError(
        "Something went wrong on our side.",
        error.nodes,
        path=error.path,
        extensions={"code": "INTERNAL", "incident": incident},
    )


def _is_bad_input(error: GraphQLError) -> bool:
    """Whether graphql-core complains about a variable or an argument.

    It complains about our results in the same class, but only about input before anything is run
    (then there is no path) or with the place in the document that the value comes from.
    """
    cause = error.original_error
    if cause is not None and not isinstance(cause, GraphQLError):
        return False
    return error.path is None or (cause is not None and bool(cause.nodes))
