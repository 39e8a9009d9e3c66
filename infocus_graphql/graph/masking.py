"""What clients see of errors: the whole of their own mistakes, and of ours a code and a number."""

import secrets
from collections.abc import Sequence
from typing import Any, Final

import structlog
from graphql import GraphQLError

from infocus_graphql.db.transient_errors import TransientError, classify_transient
from infocus_graphql.graph.error_locations import placed

log = structlog.get_logger("infocus.graphql")

FAULT_CODES: Final = frozenset(fault.value for fault in TransientError)
_FAULTS: Final = {
    TransientError.UNAVAILABLE: "The service is not available at the moment: try again.",
    TransientError.TIMEOUT: "It took too long: try again, or ask for less.",
}


def formatted(errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    """The errors as the client sees them; unexpected ones are masked and logged under an incident's id.

    What fails for a whole batch fails for each of its fields: that is one incident, logged once.
    """
    incidents: dict[int, str] = {}
    return [dict(_shown(error, incidents).formatted) for error in errors]


def coded(error: GraphQLError, code: str) -> GraphQLError:
    """The error with that code, unless it has one."""
    error.extensions = {"code": code, **(error.extensions or {})}
    return error


def _shown(error: GraphQLError, incidents: dict[int, str]) -> GraphQLError:
    if "code" in (error.extensions or {}):
        return placed(error)
    if _is_bad_input(error):
        return coded(error, "BAD_USER_INPUT")
    cause = error.original_error or error
    fault = classify_transient(cause)
    incident = incidents.get(id(cause))
    if incident is None:
        incident = incidents[id(cause)] = secrets.token_hex(8)
        if fault is None:
            log.error("resolver failed", incident=incident, path=error.path, exc_info=cause)
        else:
            # The log of an outage is long enough without the way that each request has taken.
            kind = type(getattr(cause, "orig", cause)).__name__
            log.error("database fault", incident=incident, path=error.path, code=fault.value, kind=kind)
    message = "Something went wrong on our side."
    extensions: dict[str, Any] = {"code": "INTERNAL", "incident": incident}
    if fault is not None:
        message = _FAULTS[fault]
        extensions |= {"code": fault.value, "retryable": True}
    return GraphQLError(message, error.nodes, path=error.path, extensions=extensions)


def _is_bad_input(error: GraphQLError) -> bool:
    """Whether graphql-core complains about a variable or an argument.

    It complains about our results in the same class, but only about input before anything is run
    (then there is no path) or with the place in the document that the value comes from.
    """
    cause = error.original_error
    if cause is not None and not isinstance(cause, GraphQLError):
        return False
    return error.path is None or (cause is not None and bool(cause.nodes))
