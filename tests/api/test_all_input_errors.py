"""A mutation reports all invalid fields of its input in one response."""

from typing import Any

from graphql import GraphQLInputObjectType, GraphQLList, get_named_type, get_nullable_type

from infocus_graphql.core.errors import ErrorCode
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.errors import ERROR_TYPES, type_of
from infocus_graphql.graph.strawberry_internals import core_schema, object_definition
from infocus_graphql.schema import schema
from tests.support.client import Api
from tests.support.factories import Factories

LONG = "x" * 20_001
PAST = "2020-01-01T00:00:00Z"
TMDB_0 = {"tmdb": {"type": "MOVIE", "id": 0}}
EMAIL = ("INVALID", "email")

Found = tuple[str, ...]  # the code and the path below `input`
Case = tuple[str, dict[str, Any], list[Found]]

CASES: list[Case] = [
    (
        "updateNotificationPreferences",
        {
            "preferences": [{"kind": "NEW_SEASON"}, {"kind": "NEW_SEASON"}],
            "quietHours": {"quietFrom": "22:00", "quietUntil": "22:00"},
        },
        [("INVALID", "preferences", "1", "kind"), ("INVALID", "quietHours", "quietUntil")],
    ),
    (
        "register",
        {"email": "ann", "password": "short", "name": LONG, "device": LONG},
        [EMAIL, ("TOO_LONG", "name"), ("TOO_LONG", "device"), ("TOO_SHORT", "password")],
    ),
    ("register", {"email": "ann", "password": "password"}, [EMAIL, ("WEAK_PASSWORD", "password")]),
    (
        "register",
        {"email": "zoe@example.com", "password": "password", "invitationToken": "unknown"},
        [("WEAK_PASSWORD", "password"), ("NOT_FOUND", "invitationToken")],
    ),
    (
        "verifyEmail",
        {"token": "unknown", "device": LONG},
        [("NOT_FOUND", "token"), ("TOO_LONG", "device")],
    ),
    (
        "signIn",
        {"email": "ann@example.com", "password": "wrong wrong", "device": LONG},
        [("INVALID_CREDENTIALS",), ("TOO_LONG", "device")],
    ),
    (
        "signInWithSecondFactor",
        {"challenge": "unknown", "code": "1", "device": LONG},
        [("INVALID_CREDENTIALS", "challenge"), ("TOO_LONG", "device")],
    ),
    (
        "changePassword",
        {"currentPassword": "wrong wrong", "newPassword": "short"},
        [("INVALID_CREDENTIALS", "currentPassword"), ("TOO_SHORT", "newPassword")],
    ),
    (
        "requestEmailChange",
        {"newEmail": "ann", "password": "wrong wrong"},
        [("INVALID", "newEmail"), ("INVALID_CREDENTIALS", "password")],
    ),
    (
        "resetPassword",
        {"token": "unknown", "newPassword": "short"},
        [("NOT_FOUND", "token"), ("TOO_SHORT", "newPassword")],
    ),
    (
        "requestEmailChange",
        {"newEmail": "ann@example.com", "password": "wrong wrong"},
        [("INVALID", "newEmail"), ("INVALID_CREDENTIALS", "password")],
    ),
    (
        "finishPasskeyRegistration",
        {"name": " ", "credential": {}},
        [("REQUIRED", "name"), ("INVALID", "credential")],
    ),
    ("renamePasskey", {"id": "none", "name": " "}, [("NOT_FOUND", "id"), ("REQUIRED", "name")]),
    (
        "removePasskey",
        {"id": "none", "password": "wrong wrong"},
        [("NOT_FOUND", "id"), ("INVALID_CREDENTIALS", "password")],
    ),
    (
        "signInWithPasskey",
        {"device": LONG, "credential": {}},
        [("TOO_LONG", "device"), ("INVALID_CREDENTIALS", "credential")],
    ),
    (
        "createApiToken",
        {"name": "", "scopes": [], "tokenExpiresAt": PAST},
        [("REQUIRED", "name"), ("REQUIRED", "scopes"), ("OUT_OF_RANGE", "tokenExpiresAt")],
    ),
    (
        "updateProfile",
        {"name": LONG, "bio": LONG, "avatar": "ftp://x", "preferences": {"a": LONG}},
        [
            ("TOO_LONG", "name"),
            ("TOO_LONG", "bio"),
            ("INVALID", "avatar"),
            ("TOO_LONG", "preferences"),
        ],
    ),
    (
        "requestAccountDeletion",
        {"password": "wrong wrong", "families": [{"familyId": "A"}, {"familyId": "A", "deleteFamily": True}]},
        [
            ("INVALID_CREDENTIALS", "password"),
            ("INVALID", "families", "0", "transferToUserId"),
            ("NOT_FOUND", "families", "0", "familyId"),
            ("INVALID", "families", "1", "familyId"),
            ("REQUIRED", "families"),
        ],
    ),
    (
        "requestAccountDeletion",
        {
            "password": "a passphrase",
            "families": [{"familyId": "A", "deleteFamily": True}, {"familyId": "B", "deleteFamily": True}],
        },
        [
            ("NOT_FOUND", "families", "0", "familyId"),
            ("NOT_FOUND", "families", "1", "familyId"),
            ("REQUIRED", "families"),
        ],
    ),
    ("updateFamily", {"id": "none", "name": LONG}, [("NOT_FOUND", "id"), ("TOO_LONG", "name")]),
    ("updateFamily", {"id": "THEIRS", "name": None}, [("FORBIDDEN", "id"), ("REQUIRED", "name")]),
    ("inviteToFamily", {"familyId": "none", "email": "ann"}, [("NOT_FOUND", "familyId"), EMAIL]),
    ("inviteToFamily", {"familyId": "THEIRS", "email": "ann"}, [("FORBIDDEN", "familyId"), EMAIL]),
    (
        "updateFamilyMemberRole",
        {"familyId": "none", "userId": "BOB", "role": "OWNER"},
        [("NOT_FOUND", "familyId"), ("INVALID", "role")],
    ),
    (
        "updateFamilyMemberRole",
        {"familyId": "THEIRS", "userId": "X", "role": "OWNER"},
        [("FORBIDDEN", "familyId"), ("NOT_FOUND", "userId"), ("INVALID", "role")],
    ),
    (
        "transferFamilyOwnership",
        {"familyId": "THEIRS", "toUserId": "X"},
        [("FORBIDDEN", "familyId"), ("NOT_FOUND", "toUserId")],
    ),
    (
        "updateFamilySharing",
        {"familyId": "none", "sharesWatchlist": None},
        [("NOT_FOUND", "familyId"), ("REQUIRED", "sharesWatchlist")],
    ),
    (
        "addToWatchlist",
        {"media": {"id": "none"}, "rating": 11},
        [("NOT_FOUND", "media"), ("OUT_OF_RANGE", "rating")],
    ),
    (
        "addToWatchlist",
        {"media": TMDB_0, "rating": 11, "notes": LONG},
        [("OUT_OF_RANGE", "media", "tmdb", "id"), ("OUT_OF_RANGE", "rating"), ("TOO_LONG", "notes")],
    ),
    (
        "logWatch",
        {"source": LONG, "note": LONG},
        [("INVALID", "media"), ("TOO_LONG", "source"), ("TOO_LONG", "note")],
    ),
    (
        "updateWatchlistEntry",
        {
            "id": "none",
            "status": None,
            "notesVisibility": None,
            "rating": 0,
            "notes": LONG,
            "expectedVersion": -1,
        },
        [
            ("NOT_FOUND", "id"),
            ("OUT_OF_RANGE", "expectedVersion"),
            ("REQUIRED", "status"),
            ("REQUIRED", "notesVisibility"),
            ("OUT_OF_RANGE", "rating"),
            ("TOO_LONG", "notes"),
        ],
    ),
    (
        "updateWatchlistEntry",
        {"id": "ENTRY", "rating": 11, "expectedVersion": 7},
        [("STALE_VERSION", "expectedVersion"), ("OUT_OF_RANGE", "rating")],
    ),
    (
        "recommend",
        {"media": TMDB_0, "toUserIds": ["ANN", "BOB", "BOB", "X"], "message": LONG},
        [
            ("OUT_OF_RANGE", "media", "tmdb", "id"),
            ("TOO_LONG", "message"),
            ("INVALID", "toUserIds", "0"),
            ("INVALID", "toUserIds", "2"),
            ("NOT_FOUND", "toUserIds", "3"),
        ],
    ),
    (
        "recommend",
        {"media": {"id": "none"}, "toUserIds": ["X", "BOB", "Y"], "message": LONG},
        [
            ("NOT_FOUND", "media"),
            ("NOT_FOUND", "toUserIds", "0"),
            ("NOT_FOUND", "toUserIds", "2"),
            ("TOO_LONG", "message"),
        ],
    ),
    (
        "saveMediaItem",
        {
            "tmdb": TMDB_0["tmdb"],
            "title": None,
            "description": LONG,
            "posterPath": LONG,
            "backdropPath": LONG,
            "rating": 11,
            "genres": ["Drama", " ", LONG],
            "creators": ["x"] * 1000,
        },
        [
            ("OUT_OF_RANGE", "tmdb", "id"),
            ("TOO_LONG", "description"),
            ("TOO_LONG", "posterPath"),
            ("TOO_LONG", "backdropPath"),
            ("OUT_OF_RANGE", "rating"),
            ("REQUIRED", "genres", "1"),
            ("TOO_LONG", "genres", "2"),
            ("TOO_LONG", "creators"),
            ("REQUIRED", "title"),
        ],
    ),
    (
        "saveMediaItem",
        {"tmdb": {"type": "MOVIE", "id": 999_999}, "rating": 11},
        [("REQUIRED", "title"), ("OUT_OF_RANGE", "rating")],
    ),
    (
        "saveStreamingProvider",
        {"media": {"id": "none"}, "provider": "a", "url": "nowhere"},
        [("NOT_FOUND", "media"), ("INVALID", "url")],
    ),
    (
        "saveStreamingProvider",
        {"media": TMDB_0, "provider": " ", "url": "nowhere", "regions": ["DE"] * 1000},
        [
            ("OUT_OF_RANGE", "media", "tmdb", "id"),
            ("REQUIRED", "provider"),
            ("INVALID", "url"),
            ("TOO_LONG", "regions"),
        ],
    ),
]

# Inputs with several fields of which at most one can be invalid on its own, with the reason.
ONE_AT_A_TIME = {
    "the user is looked up in the family, if the viewer sees that": {"removeFamilyMember"},
    "exactly one of the two fields is given": {"acceptFamilyInvitation", "declineFamilyInvitation"},
    "a code is used up when it is checked, and not checked for a client without the password": {
        "disableSecondFactor"
    },
    "the hints are an enum": {"startPasskeyRegistration"},
}


def _checkable(kind: Any) -> bool:
    inner, named = get_nullable_type(kind), get_named_type(kind)
    plain = {"ID", "String", "Int", "Float", "DateTime", "JSONObject"}
    return isinstance(inner, GraphQLList) or named.name in plain or isinstance(named, GraphQLInputObjectType)


def _mutations() -> dict[str, GraphQLInputObjectType]:
    found: Any = core_schema(schema).mutation_type
    return {name: get_named_type(field.args["input"].type) for name, field in found.fields.items()}


async def test_all_invalid_fields_are_reported_together(api: Api, make: Factories) -> None:
    ann, bob, eve = await make.user(email="ann@example.com"), await make.user(), await make.user()
    await make.family(ann, bob)
    family, entry = await make.family(bob, ann), await make.entry(ann)
    session = await make.session(ann)
    ids = {
        "ANN": ann.id,
        "BOB": bob.id,
        "X": eve.id,
        "Y": "us" + "0" * 25,
        "THEIRS": family.id,
        "ENTRY": entry.id,
    }
    boss = await make.user(is_staff=True)
    for mutation, given, expected in CASES:
        sent = _filled(given, ids)
        user: User = boss if mutation.startswith("save") else ann
        client = api.as_(user, session_id=session.id, is_staff=user is boss)
        payload = await client.change(mutation, sent)
        found = [(error["code"], *error["path"][1:]) for error in payload["errors"]]
        assert sorted(found) == sorted(expected), mutation
        for error in payload["errors"]:
            assert error["path"][:1] in ([], ["input"])
            assert error["__typename"] == type_name(error["code"])
            assert error["message"].endswith(".") and "e+" not in error["message"], error["message"]
        assert {value for key, value in payload.items() if key != "errors"} <= {None}


def test_the_table_contains_every_input_with_several_checked_fields() -> None:
    exempt = set().union(*ONE_AT_A_TIME.values())
    tried = {name for name, _, _ in CASES}
    several = {
        name
        for name, kind in _mutations().items()
        if sum(_checkable(field.type) for field in kind.fields.values()) > 1
    }
    assert several - exempt - tried == set()
    assert tried & exempt == set()


def test_every_error_code_has_one_type_and_every_type_a_code() -> None:
    assert {type_of(code) for code in ErrorCode} == set(ERROR_TYPES)


async def test_messages_name_the_field_and_format_numbers_with_commas(api: Api, make: Factories) -> None:
    await make.user(email="ann@example.com")
    boss = await make.user(is_staff=True)
    staff = api.as_(boss, is_staff=True)
    tried: list[tuple[Api, str, dict[str, Any]]] = [
        (api, "register", {"email": "Ann@example.com", "password": "correct horse battery"}),
        (staff, "saveMediaItem", {"tmdb": TMDB_0["tmdb"], "posterPath": LONG, "genres": [""]}),
        (staff, "addToWatchlist", {"media": {"id": "none"}, "rating": 11, "notes": LONG}),
        (staff, "recommend", {"media": {"id": "none"}, "toUserIds": []}),
        (
            staff,
            "saveStreamingProvider",
            {"media": TMDB_0, "provider": "", "url": "x", "regions": ["DE"] * 999},
        ),
    ]
    found = [
        error["message"]
        for client, mutation, given in tried
        for error in (await client.change(mutation, given))["errors"]
    ]
    assert found == [
        "A user with this e-mail address already exists.",
        "The TMDB id must be from 1 to 2,147,483,647.",
        "The poster path must have at most 500 characters.",
        "Genre 1 must have at least 1 character.",
        "The rating must be from 1 to 10.",
        "The notes must have at most 2,000 characters.",
        "This title is not in the catalogue.",
        "The list must have at least 1 recipient.",
        "This title is not in the catalogue.",
        "The TMDB id must be from 1 to 2,147,483,647.",
        "The name of the provider must have at least 1 character.",
        "The URL must be a web address such as https://example.com/.",
        "The list must have at most 300 countries.",
    ]


def type_name(code: str) -> str:
    """Returns the GraphQL name of the error type of a code."""
    name: str = object_definition(type_of(ErrorCode(code))).name
    return name


def _filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, ids) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, ids) for item in value]
    return ids.get(value, value) if isinstance(value, str) else value
