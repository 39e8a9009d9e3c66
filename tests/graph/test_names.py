"""One field name has one GraphQL type on all Node types, so that fragments on several of them never conflict.

Two fragments of one selection may not ask for a response name with two types, not even where the types of
the objects differ: `node(id) { ... on Session { expiresAt } ... on ApiToken { expiresAt } }` is invalid if
one of the fields is nullable and the other is not. Tools that generate types from documents trip over it.
"""

from collections import defaultdict
from typing import Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    OverlappingFieldsCanBeMergedRule,
    get_named_type,
    parse,
    validate,
)

from tests.graph.walk import CORE, OBJECTS, is_node

# Names that the data model gives, with the reason why their types differ.
EXCEPTIONS: Final = {
    "status": "each kind of object has states of its own: a WatchStatus is no FamilyInvitationStatus",
    "family": "a membership's family is always visible; an invitation's is null until the user joins it",
}
NODES: Final = [kind for kind in OBJECTS if is_node(kind.name)]


def types_by_name() -> dict[str, dict[str, list[str]]]:
    """The types of each field name on Node types, with the types of objects that have it."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for kind in NODES:
        for name, field in kind.fields.items():
            found[name][str(field.type)].append(kind.name)
    return found


def test_one_field_name_has_one_type_on_all_nodes() -> None:
    assert len(NODES) > 10
    differing = {name for name, types in types_by_name().items() if len(types) > 1}
    assert differing == set(EXCEPTIONS), {name: dict(types_by_name()[name]) for name in differing}


def test_fragments_on_all_nodes_merge() -> None:
    """What the rule is for: one selection with every leaf of every Node type is valid."""
    fragments = []
    for kind in NODES:
        leaves = [
            name
            for name, field in kind.fields.items()
            if not isinstance(get_named_type(field.type), GraphQLObjectType)
        ]
        fragments.append(f"... on {kind.name} {{ {' '.join(sorted(set(leaves) - set(EXCEPTIONS)))} }}")
    document = parse(f'{{ node(id: "x") {{ {" ".join(fragments)} }} }}')
    assert validate(CORE, document, [OverlappingFieldsCanBeMergedRule]) == []


def test_instants_are_named_alike() -> None:
    """Date-time fields are called `…At`, but for the data model's `dateAdded` and `dateUpdated`."""
    others = {
        f"{kind.name}.{name}"
        for kind in OBJECTS
        for name, field in kind.fields.items()
        if get_named_type(field.type).name == "DateTime" and not name.endswith("At")
    }
    assert others == {"WatchlistEntry.dateAdded", "WatchlistEntry.dateUpdated"}


def test_filters_by_enums_and_ids_take_lists_with_plural_names() -> None:
    """`statuses: [WatchStatus!]`, not `status: WatchStatus`; GraphQL lets a client pass a single value."""
    singles = {
        f"{kind.name}.{name}"
        for kind in CORE.type_map.values()
        if isinstance(kind, GraphQLInputObjectType) and kind.name.endswith("Filter")
        for name, field in kind.fields.items()
        if isinstance(field.type, GraphQLEnumType) or str(field.type) in {"ID", "CountryCode"}
    }
    arguments = {
        f"{kind.name}.{name}({argument})"
        for kind in OBJECTS
        for name, field in kind.fields.items()
        for argument, core in field.args.items()
        if isinstance(core.type, GraphQLEnumType) or str(core.type) in {"ID", "CountryCode"}
    }
    # It names the family whose scores are shown; suggestions of several families are no union of theirs.
    assert (singles, arguments) == (set(), {"Viewer.suggestions(familyId)"})
