"""Names of the schema: one name has one type, and the names of ids, dates and filters follow rules.

Two fragments of one selection may not ask for a response name with two types, not even where the types of
the objects differ: `node(id) { ... on Session { expiresAt } ... on ApiToken { expiresAt } }` is invalid if
one of the fields is nullable and the other is not. Tools that generate types from documents fail on it.
"""

import re
from collections import defaultdict
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    OverlappingFieldsCanBeMergedRule,
    get_named_type,
    parse,
    validate,
)

from tests.graph.walk import CORE, OBJECTS

INPUTS = [kind for kind in CORE.type_map.values() if isinstance(kind, GraphQLInputObjectType)]
ABSTRACT = [
    kind
    for kind in CORE.type_map.values()
    if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType) and not kind.name.startswith("__")
]


def _types_by_name(kinds: Any) -> dict[str, dict[str, list[str]]]:
    """Returns the types of each field name, with the object types that have it."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for kind in kinds:
        for name, field in kind.fields.items():
            found[name][str(field.type)].append(kind.name)
    return found


def test_a_field_name_has_one_type_on_all_types_of_an_interface_or_union() -> None:
    assert {kind.name for kind in ABSTRACT} == {"Node", "UserError", "ExistingObject"}
    for abstract in ABSTRACT:
        found = _types_by_name(CORE.get_possible_types(abstract))
        differing = {name: dict(types) for name, types in found.items() if len(types) > 1}
        assert differing == {}, abstract.name


def test_fragments_on_all_possible_types_merge() -> None:
    """What the rule is for: one selection with every field of every type is valid."""
    for abstract in ABSTRACT:
        fragments = []
        for kind in CORE.get_possible_types(abstract):
            selected = [
                name
                if not isinstance(get_named_type(field.type), GraphQLObjectType | GraphQLUnionType)
                else f"{name} {{ __typename }}"
                for name, field in kind.fields.items()
            ]
            fragments.append(f"... on {kind.name} {{ {' '.join(selected)} }}")
        document = parse(f"fragment All on {abstract.name} {{ {' '.join(fragments)} }}")
        assert validate(CORE, document, [OverlappingFieldsCanBeMergedRule]) == []


def test_status_is_the_watch_status() -> None:
    """Other states carry the name of what they are the state of, since the types differ."""
    named = {
        f"{kind.name}.{name}: {get_named_type(field.type)}"
        for kind in OBJECTS
        for name, field in kind.fields.items()
        if get_named_type(field.type).name.endswith("Status")
    }
    assert named == {
        "DataExport.exportStatus: DataExportStatus",
        "FamilyInvitation.invitationStatus: FamilyInvitationStatus",
        "FamilyInvitationPreview.invitationStatus: FamilyInvitationStatus",
        "MediaItem.productionStatus: ProductionStatus",
        "Recommendation.recommendationStatus: RecommendationStatus",
        "WatchlistEntry.status: WatchStatus",
    }


def test_ids_in_inputs() -> None:
    """`id` is the object that the mutation is named after; every other id has the name of its type.

    `leaveFamily(input: {id})` is named after a family; `updateFamilyMemberRole(input: {familyId, userId})`
    is not. `entryId` is short for `watchlistEntryId`, as in the payload's `entry`.
    """
    objects = {kind.name for kind in OBJECTS} | {"Entry"}
    named_after = {
        get_named_type(field.args["input"].type).name: re.sub(r"^[a-z]+", "", name)
        for name, field in CORE.mutation_type.fields.items()
    }
    found = [
        (kind.name, name)
        for kind in INPUTS
        for name, field in kind.fields.items()
        if get_named_type(field.type).name == "ID"
    ]
    own = {kind for kind, name in found if name == "id"} - {"MediaRef"}  # which is itself a title's name
    assert [kind for kind in own if named_after[kind] not in objects] == []
    for kind, name in found:
        if name != "id":
            pattern = "(^|[a-z]){}Ids?$"
            ending = name[:1].upper() + name[1:]
            fitting = [target for target in objects if re.search(pattern.format(target), ending)]
            assert fitting, (kind, name)
            target = max(fitting, key=len)  # `watchEventId` is not the id of an `Event`
            assert target != named_after.get(kind), (kind, name)


def test_names_of_date_times_end_with_at() -> None:
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
        for kind in INPUTS
        if kind.name.endswith("Filter")
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
    assert (singles, arguments) == (
        # The country of the services, offers and ages in the filter.
        {"MediaItemFilter.region"},
        {
            # It selects the family whose scores are returned; there are no scores for several families.
            "Viewer.suggestions(familyId)",
            # The country in which a user watches: a result is of one country.
            "MediaItem.certification(country)",
            "MediaItem.streamingProviders(region)",
            "Query.searchMedia(region)",
            "Query.streamingServices(region)",
            "StreamingProvider.link(region)",
        },
    )


def test_lists_without_pages_have_a_natural_bound() -> None:
    """All other lists of objects are connections."""
    lists = {
        f"{kind.name}.{name}"
        for kind in OBJECTS
        for name, field in kind.fields.items()
        if re.fullmatch(r"\[.*\]!?", str(field.type)) and name not in {"edges", "nodes", "errors"}
        if isinstance(get_named_type(field.type), GraphQLObjectType | GraphQLInterfaceType)
    }
    assert lists == {
        "AccountDeletion.familiesNeedingNewOwner",  # families of a user
        "AddManyToWatchlistPayload.entries",  # items of the input
        "AddManyToWatchlistPayload.itemErrors",
        "UpdateManyWatchlistEntriesPayload.entries",
        "UpdateManyWatchlistEntriesPayload.itemErrors",
        "FamilyTitle.completedBy",  # members of a family
        "FamilyTitle.startedBy",
        "FamilyTitle.wantedBy",
        "MarkNotificationsReadPayload.notifications",  # 100 at most
        "LogWatchPayload.plays",  # the same
        "MediaItem.genreNodes",  # names of genres
        "MediaItem.ratings",  # sources
        "MediaItem.streamingProviders",  # offers of a title
        "MediaItem.videos",  # videos of a title
        "OperationLimits.costWeights",
        "Query.countries",  # constants
        "Query.languages",
        "RecommendPayload.recommendations",  # recipients of the input
        "ServerInfo.attributions",  # sources of the catalogue
        "Suggestion.familyEntries",  # users who share a family with the viewer
        "Viewer.notificationPreferences",  # kinds of notifications
        "UserSettings.streamingServices",  # 50 at most
    }
