"""Masks errors: client errors are returned in full, server errors as a code and an incident id."""

import secrets
from collections.abc import Sequence
from typing import Any, Final

import structlog
from graphql import GraphQLError

from infocus_graphql.db.transient_errors import TransientError, classify_transient
from infocus_graphql.graph.error_locations import null_variable, with_location

log = structlog.get_logger("infocus.graphql")

FAULT_CODES: Final = frozenset(fault.value for fault in TransientError)
_FAULTS: Final = {
    TransientError.UNAVAILABLE: "The service is not available at the moment: try again.",
    TransientError.TIMEOUT: "It took too long: try again, or ask for less.",
}


def format_errors(errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    """Returns the errors for the response. Unexpected ones are masked and logged with an incident id.

    They are sorted by depth, then by their fields' order in the document, so that both engines return
    the same list. A failed batch fails each of its fields with the same exception: that is one incident,
    logged once.
    """
    incidents: dict[int, str] = {}
    return [dict(_masked(error, incidents).formatted) for error in sorted(errors, key=_order)]


def _order(error: GraphQLError) -> tuple[int, int, list[int]]:
    """The sort key of an error. Errors without a path stay where they are, before all others."""
    if not error.path:
        return 0, 0, []
    start = error.nodes[0].loc.start if error.nodes and error.nodes[0].loc else 0
    return len(error.path), start, [step for step in error.path if isinstance(step, int)]


def with_code(error: GraphQLError, code: str) -> GraphQLError:
    """Sets the code of the error, unless it has one, and returns it."""
    error.extensions = {"code": code, **(error.extensions or {})}
    return error


def _masked(error: GraphQLError, incidents: dict[int, str]) -> GraphQLError:
    if "code" in (error.extensions or {}):
        return with_location(error)
    if _is_bad_input(error):
        return with_code(null_variable(error), "BAD_USER_INPUT")
    cause = error.original_error or error
    fault = classify_transient(cause)
    incident = incidents.get(id(cause))
    if incident is None:
        incident = incidents[id(cause)] = secrets.token_hex(8)
        if fault is None:
            log.error("resolver failed", incident=incident, path=error.path, exc_info=cause)
        else:
            # Without a traceback, which would only bloat the log during an outage.
            kind = type(getattr(cause, "orig", cause)).__name__
            log.error("database fault", incident=incident, path=error.path, code=fault.value, kind=kind)
    message = "Internal server error."
    extensions: dict[str, object] = {"code": "INTERNAL", "incident": incident}
    if fault is not None:
        message = _FAULTS[fault]
        extensions |= {"code": fault.value, "retryable": True}
    return GraphQLError(message, error.nodes, path=error.path, extensions=extensions)


def _is_bad_input(error: GraphQLError) -> bool:
    """Whether graphql-core reports an invalid variable or argument.

    graphql-core reports invalid results with the same class. Errors about input either come before execution
    and have no path, or their cause has the node of the value in the document.
    """
    cause = error.original_error
    if cause is not None and not isinstance(cause, GraphQLError):
        return False
    return error.path is None or (cause is not None and bool(cause.nodes))
