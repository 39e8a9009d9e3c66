"""Filters as the arguments of a field state them. Both engines read them here, so both refuse the same."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from infocus_graphql.core.errors import ErrorCode, Problems, Refused, refused
from infocus_graphql.core.text import at_most
from infocus_graphql.core.wording import label
from infocus_graphql.db.batches import Condition, Conditions
from infocus_graphql.graph.connection import conditions
from infocus_graphql.graph.declarations import Many, One, Page
from infocus_graphql.graph.errors import bad_input
from infocus_graphql.graph.lengths import MAX_PAGE


def filtered(declared: One | Many | Page, given: Mapping[str, Any]) -> Conditions:
    """The conditions that the arguments of a field state; an impossible value is a BAD_USER_INPUT error.

    A condition that no row can meet is a mistake of the client, who would take an empty list for an answer.
    """
    own = {name: argument.condition for name, argument in declared.arguments.items()}
    wanted = given.get("filter") if isinstance(declared, Page) else None
    try:
        with Problems() as problems:
            _check(problems, own, given)
            if wanted is not None and isinstance(declared, Page):
                _check(problems, declared.filters, wanted, "filter")
                if hasattr(wanted, "check"):
                    problems.of(wanted.check, "filter")
    except Refused as error:
        message = " ".join(each.message for each in error.refusals)
        raise bad_input(message, *error.refusals[0].path) from error
    filters = conditions(declared.filters, wanted) if isinstance(declared, Page) else ()
    return filters + conditions(own, given)


def _check(problems: Problems, declared: Mapping[str, Condition], given: Any, *path: str) -> None:
    value_of = given.get if isinstance(given, Mapping) else partial(getattr, given)
    for name, condition in declared.items():
        value = value_of(name, None)
        if value is None or value is strawberry.UNSET:
            continue
        place = (*path, to_camel_case(name))
        if isinstance(value, list) and not value:
            message = f"{label(place)} must have at least 1 item. Leave it out for no condition."
            problems.add(refused(ErrorCode.TOO_SHORT, message, *place))
        elif isinstance(value, list) and len(value) > MAX_PAGE:
            problems.of(at_most, len(value), *place, maximum=MAX_PAGE)
        elif condition.check is not None:
            problems.of(condition.check, value, *place)
