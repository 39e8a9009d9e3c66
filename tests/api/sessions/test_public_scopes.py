"""API tokens without READ can read public data like anonymous clients; data of the account needs READ."""

from typing import Any, Final

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_required_argument

from infocus_graphql.core.viewer import ApiScope
from infocus_graphql.graph.scopes import is_public
from tests.api.sessions.test_api_tokens import made
from tests.graph.walk import CORE
from tests.support.client import Api
from tests.support.factories import Factories


def public_selection(kind: Any, depth: int = 2) -> str:
    """Returns a selection of all fields of `kind` with public types and without arguments."""
    return " ".join(public_fields(kind, depth)) or "__typename"


def public_fields(kind: Any, depth: int) -> list[str]:
    """Returns each of these fields with its selection."""
    found = []
    for name, field in kind.fields.items():
        target: Any = get_named_type(field.type)
        if any(is_required_argument(argument) for argument in field.args.values()):
            continue
        if is_leaf_type(target):
            found.append(name)
        elif isinstance(target, GraphQLObjectType) and is_public(target, field) and depth:
            arguments = "(first: 1)" if "first" in field.args else ""
            found.append(f"{name}{arguments} {{ {public_selection(target, depth - 1)} }}")
    return found


async def test_every_token_can_read_public_data(api: Api, make: Factories) -> None:
    ann, film = await make.user("Ann"), await make.media("Film", rating=8)
    offer = await make.provider(film, "Netflix")
    _, invitation = await make.invitation(await make.family(ann), "bob@example.com")
    queries = [
        f'{{ mediaItem(ref: {{id: "{film.id}"}}) {{ {public_selection(CORE.type_map["MediaItem"])} }} }}',
        f'{{ familyInvitationPreview(token: "{invitation}") {{ familyName invitationStatus }} }}',
        f'{{ node(id: "{film.id}") {{ id ...F }} }} fragment F on MediaItem {{ ...G }} '
        "fragment G on Node { ... on MediaItem { title ...G2 ...G2 } } fragment G2 on MediaItem { rating }",
        f'{{ nodes(ids: ["{offer.id}", "{ann.id}"]) {{ id ... on StreamingProvider {{ provider }} }} }}',
    ]
    public = public_fields(CORE.query_type, 3)
    names = {each.replace("(", " ").split()[0] for each in public}
    assert {"discoverMedia", "serverInfo", "trendingMedia"} <= names
    assert "viewer" not in names
    assert "costWeights" in " ".join(public)
    queries += [f"{{ {each} }}" for each in public]
    await api.data("{ trendingMedia { stale } }")  # the first one adds titles to the catalogue
    anonymous = [(await api.post(query)).json() for query in queries]
    assert all("errors" not in response for response in anonymous)
    assert anonymous[3] == {"data": {"nodes": [{"id": offer.id, "provider": "Netflix"}, None]}}
    for scope in ApiScope:
        program, _ = await made(api, ann, scope.name)
        for query, seen in zip(queries, anonymous, strict=True):
            found = (await program.post(query)).json()
            if scope is ApiScope.READ and query is queries[3]:
                assert found["data"]["nodes"][1] == {"id": ann.id}
                found["data"]["nodes"][1] = None
            assert found == seen, (scope, query)


PRIVATE: Final = [
    ("{ viewer { email } }", "`viewer`"),
    ("{ me: viewer { __typename } }", "`viewer`"),
    ('{ family(id: "fa") { name } }', "`family`"),
    ("{ discoverMedia { nodes { viewerEntry { rating } } } }", "`discoverMedia.nodes.viewerEntry`"),
    ("{ discoverMedia { nodes { entries { nodes { notes } } } } }", "`discoverMedia.nodes.entries`"),
    (
        "{ discoverMedia { nodes { recommendations { nodes { id } } } } }",
        "`discoverMedia.nodes.recommendations`",
    ),
    ("{ discoverMedia { nodes { entries { totalCount } } } }", "`discoverMedia.nodes.entries`"),
    ('{ node(id: "us") { ... on User { name } } }', "`node`"),
    ('{ node(id: "us") { ...U } } fragment U on User { name }', "`node`"),
    ("{ viewer @skip(if: true) { email } serverInfo { version } }", "`viewer`"),
    ("{ ...Q } fragment Q on Query { viewer { email } }", "`viewer`"),
    ("{ admin { jobs { failed } } }", "session"),
]


@pytest.mark.parametrize("scope", ["WRITE", "ACCOUNT"])
async def test_data_of_the_account_needs_read(api: Api, make: Factories, scope: str) -> None:
    ann = await make.user("Ann", is_staff=True)
    await make.entry(ann, await make.media(), rating=7)
    program, _ = await made(api, ann, scope)
    for query, named in PRIVATE:
        response = (await program.post(query)).json()
        (error,) = response["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN", query
        assert named in error["message"] and error["locations"], query
        assert response.get("data") is None
