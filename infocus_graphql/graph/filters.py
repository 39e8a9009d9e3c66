"""Converts the arguments of a field to filters. Both engines use it, so both reject the same values."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import partial
from typing import Any, Final

import strawberry

from infocus_graphql.core.errors import ErrorCode, Problems, Refused, refused
from infocus_graphql.core.folding import search_form
from infocus_graphql.core.text import check_count
from infocus_graphql.core.wording import item_name, suggestion
from infocus_graphql.db.batch_queries import Filters, Parameter
from infocus_graphql.graph.connection import conditions
from infocus_graphql.graph.declarations import Aggregate, Computed, Page, ToMany, ToOne
from infocus_graphql.graph.errors import bad_input
from infocus_graphql.graph.list_lengths import MAX_PAGE
from infocus_graphql.graph.loaders import Loaders
from infocus_graphql.graph.strawberry_internals import to_camel_case

WithArguments = ToOne | ToMany | Page | Computed | Aggregate
_SHOWN: Final = 40  # maximum characters of a wrong value in a message


def filtered(declared: WithArguments, given: Mapping[str, object]) -> Filters:
    """Returns the filters for the arguments of a field. Raises BAD_USER_INPUT for impossible values.

    A filter that no row can match is an error, because clients would take the empty list for a valid result.
    """
    own = {name: argument.parameter for name, argument in declared.arguments.items()}
    wanted = given.get("filter") if isinstance(declared, Page) else None
    if own or wanted is not None:
        _check_values(declared, own, given, wanted)
    filters = conditions(declared.filters, wanted) if isinstance(declared, Page) else ()
    return filters + conditions(own, given)


async def check_names(loaders: Loaders, declared: Page, given: Mapping[str, object], key: str) -> None:
    """Raises BAD_USER_INPUT for unknown names, such as a genre, and suggests a similar one.

    `key` is that of the row that has the list.
    """
    for condition, value, path in _stated(declared, given):
        missing = await loaders.missing(condition, value, declared.link.source, key)
        if not missing or condition.names is None:
            continue
        # The text sent by the client; `missing` contains its search form.
        several = isinstance(value, list)
        sent = value if several else [value]
        wrong = next(each for each in sent if condition.convert([each] if several else each) == missing[:1])
        shown = wrong if len(wrong) <= _SHOWN else f"{wrong[:_SHOWN]}…"
        close = {search_form(name): name for name in await loaders.names(condition)}
        meant = [close[each] for each in get_close_matches(missing[0][:_SHOWN], close, n=1)]
        message = f"“{shown}” is not {condition.names.noun}." + suggestion(meant)
        raise bad_input(message, *path)


def _stated(declared: Page, given: Mapping[str, object]) -> Iterator[tuple[Parameter, Any, tuple[str, ...]]]:
    own = {name: argument.parameter for name, argument in declared.arguments.items()}
    for conditions_of, values, path in (
        (own, given, ()),
        (declared.filters, given.get("filter"), ("filter",)),
    ):
        value_of = values.get if isinstance(values, Mapping) else partial(getattr, values)
        for name, condition in conditions_of.items():
            value = None if values is None else value_of(name, None)
            if value is not None and value is not strawberry.UNSET:
                yield condition, value, (*path, to_camel_case(name))


def _check_values(
    declared: WithArguments, own: Mapping[str, Parameter], given: Mapping[str, object], wanted: Any
) -> None:
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


def _check(problems: Problems, declared: Mapping[str, Parameter], given: object, *path: str) -> None:
    # `dict`, not `Mapping`: the check of an abstract type takes ten times as long.
    value_of = given.get if isinstance(given, dict) else partial(getattr, given)
    for name, condition in declared.items():
        value = value_of(name, None)
        if value is None or value is strawberry.UNSET:
            continue
        place = (*path, to_camel_case(name))
        if isinstance(value, list) and not value:
            message = (
                f"The list must have at least 1 {item_name(place)}. Omit `{place[-1]}` for no condition."
            )
            problems.add(refused(ErrorCode.TOO_SHORT, message, *place))
        elif isinstance(value, list) and len(value) > MAX_PAGE:
            problems.of(check_count, len(value), *place, maximum=MAX_PAGE)
        elif condition.check is not None:
            problems.of(condition.check, value, *place)
