"""Running one operation: parse and validate (cached), execute, and format what clients may see of errors."""

import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, Generic, TypeVar

import strawberry
import structlog
from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
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

log = structlog.get_logger("infocus.graphql")
V = TypeVar("V")

MAX_TOKENS = 2000
_CACHED_DOCUMENTS = 1000
_CACHED_CHARACTERS = 20_000  # larger documents are rare and would make the cache large


@dataclass(frozen=True, slots=True)
class Request:
    """One operation as the client sent it."""

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer's body; `executed` is False for a request error, which has no `data` at all."""

    body: dict[str, Any]
    executed: bool = True


class RequestError(Exception):
    """The request can't be run at all: malformed, invalid, or of a kind that is not allowed here."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


class NulRule(ASTValidationRule):
    """No NUL in literals: PostgreSQL's text can't hold it, and no title or note needs it."""

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        """Reports a literal with a NUL."""
        if "\0" in node.value:
            self.report_error(
                GraphQLError("A text can't contain NUL.", node, extensions={"code": "BAD_USER_INPUT"})
            )


class Lru(Generic[V]):
    """A small bounded memory of the most recently used."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held: OrderedDict[str, V] = OrderedDict()

    def get(self, key: str) -> V | None:
        """What is held for `key`, which counts as a use."""
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
        return found

    def put(self, key: str, value: V) -> None:
        """Holds `value`; the least recently used goes when there are too many."""
        self._held[key] = value
        if len(self._held) > self._size:
            self._held.popitem(last=False)


class Engine:
    """Runs operations on one schema."""

    def __init__(self, schema: strawberry.Schema, *, introspection: bool) -> None:
        self._strawberry = schema
        self._schema = schema._schema  # noqa: SLF001 - the graphql-core schema has no public name
        rules = [*specified_rules, NulRule]
        if not introspection:
            rules.append(NoSchemaIntrospectionCustomRule)
        self._rules = tuple(rules)
        self._documents: Lru[DocumentNode] = Lru(_CACHED_DOCUMENTS)

    async def run(self, request: Request, context: Context, *, queries_only: bool) -> Answer:
        """The answer to `request`. Never raises: what goes wrong is in the answer, and the rest in the log."""
        try:
            document = self._document(request.query)
            operation = _operation(document, request.operation_name)
            if queries_only and operation.operation is not OperationType.QUERY:
                raise RequestError([_error("METHOD_NOT_ALLOWED", "Only queries are allowed by GET.")])
            _refuse_bad_text(request.variables)
            executed = execute(
                self._schema,
                document,
                context_value=context,
                variable_values=dict(request.variables or {}),
                operation_name=request.operation_name,
                executor_class=self._strawberry.execution_context_class,
            )
            result: Any = await executed if isawaitable(executed) else executed
        except RequestError as error:
            return Answer({"errors": [_formatted(each) for each in error.errors]}, executed=False)
        if result.data is None and result.errors and all(error.path is None for error in result.errors):
            # The variables didn't fit: nothing was run.
            errors = [_formatted(error, "BAD_USER_INPUT") for error in result.errors]
            return Answer({"errors": errors}, executed=False)
        body: dict[str, Any] = {"data": result.data}
        if result.errors:
            body["errors"] = [_formatted(error) for error in result.errors]
        return Answer(body)

    def _document(self, query: str) -> DocumentNode:
        document = self._documents.get(query)
        if document is not None:
            return document
        try:
            document = parse(query, max_tokens=MAX_TOKENS)
        except GraphQLSyntaxError as error:
            raise RequestError([_coded(error, "GRAPHQL_PARSE_FAILED")]) from error
        except GraphQLError as error:  # nested too deeply to be parsed
            raise RequestError([_coded(error, "GRAPHQL_PARSE_FAILED")]) from error
        errors = validate_document(self._schema, document, self._rules)
        if errors:
            raise RequestError([_coded(error, "GRAPHQL_VALIDATION_FAILED") for error in errors])
        if len(query) <= _CACHED_CHARACTERS:
            self._documents.put(query, document)
        return document


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if name is None:
        if len(operations) == 1:
            return operations[0]
        text = "The document has several operations: say which by `operationName`." if operations else "No operation."
        raise RequestError([_error("OPERATION_RESOLUTION_FAILURE", text)])
    for operation in operations:
        if operation.name is not None and operation.name.value == name:
            return operation
    raise RequestError([_error("OPERATION_RESOLUTION_FAILURE", "The document has no operation of that name.")])


def _refuse_bad_text(variables: Mapping[str, Any] | None) -> None:
    """Texts that PostgreSQL can't hold are refused by the path of the variable they are in."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((), variables or {})]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting.extend(((*path, "key"), key) for key in value)
            waiting.extend(((*path, str(key)), item) for key, item in value.items())
        elif isinstance(value, list):
            waiting.extend(((*path, str(index)), item) for index, item in enumerate(value))
        elif isinstance(value, str) and _unstorable(value):
            message = f"`{'.'.join(path)}` contains NUL or half of a surrogate pair."
            raise RequestError([_error("BAD_USER_INPUT", message, argument=list(path))])


def _unstorable(text: str) -> bool:
    return "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)


def _error(code: str, message: str, **extensions: Any) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code, **extensions})


def _coded(error: GraphQLError, code: str) -> GraphQLError:
    error.extensions = {"code": code, **(error.extensions or {})}
    return error


def _formatted(error: GraphQLError, default: str = "INTERNAL") -> dict[str, Any]:
    """The error as the client sees it; an unexpected one is masked and logged under an incident's id."""
    code = (error.extensions or {}).get("code")
    if code is None:
        unexpected = error.original_error
        # graphql-core's own complaints about a value (a bad scalar in a result, say) are ours to fix too.
        if default == "INTERNAL" or unexpected is not None and not isinstance(unexpected, GraphQLError):
            return _masked(error)
        error = _coded(error, default)
    return dict(error.formatted)


def _masked(error: GraphQLError) -> dict[str, Any]:
    incident = secrets.token_hex(8)
    log.error("resolver failed", incident=incident, path=error.path, exc_info=error.original_error or error)
    masked = GraphQLError(
        "Something went wrong on our side.",
        error.nodes,
        path=error.path,
        extensions={"code": "INTERNAL", "incident": incident},
    )
    return dict(masked.formatted)
