"""The walks in `docs/architecture.md` name files in the order in which a request runs through them."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from infocus_graphql.app import create_app
from infocus_graphql.settings import Settings
from tests.http.conftest import client_of
from tests.support.client import Api
from tests.support.factories import Factories

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/architecture.md").read_text("utf-8")
QUERY = "query ($id: ID!) { family(id: $id) { name members(first: 5) { nodes { user { name } } } } }"
MUTATION = (
    "mutation ($id: ID!) { addToWatchlist(input: {media: {id: $id}}) { entry { id } errors { code } } }"
)
# Before the application: the socket.
_OUTSIDE = {"server/protocol.py"}


def named(heading: str, end: str) -> list[str]:
    """The files of the numbered steps between two texts."""
    part = TEXT[TEXT.index(heading) :]
    return re.findall(r"^\d+\. `([\w/]+\.py)`", part[: part.index(end)], re.MULTILINE)


class Visited:
    """The files of the package in the order of their first call."""

    def __init__(self) -> None:
        self.files: list[str] = []

    def __enter__(self) -> "Visited":
        sys.setprofile(self._call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _call(self, frame: FrameType, event: str, _: Any) -> None:
        _, found, name = frame.f_code.co_filename.partition("/infocus_graphql/")
        if event == "call" and found and name not in self.files:
            self.files.append(name)


def out_of_order(walk: Sequence[str], files: Sequence[str]) -> list[str]:
    """The steps that were not taken, or earlier than the one before them."""
    places = [files.index(each) if each in files else -1 for each in walk]
    return [each for each, place, before in zip(walk, places, [-1, *places], strict=False) if place <= before]


async def test_the_walks_name_each_file_once_and_in_order(
    api: Api, make: Factories, settings: Settings, database_url: str
) -> None:
    query = named("## A walk: the query", "No ORM row")
    first = named("The first time a document is seen", "## A walk: the mutation")
    mutation = query[:18] + named("## A walk: the mutation", "The insert is") + query[-2:]
    assert len(query) > 20
    assert len(mutation) > 30
    for walk in (query + first, mutation):
        assert len(walk) == len(set(walk))

    ann = await make.user()
    headers = api.as_(ann).headers
    family, titles = await make.family(ann), [await make.media(), await make.media()]
    plain = create_app(settings, database_url=database_url)  # the engine of the other one compares
    async with plain.router.lifespan_context(plain), client_of(plain) as http:

        async def sent(text: str, id: str) -> list[str]:
            body = {"query": text, "variables": {"id": id}}
            with Visited() as visited:
                response = await http.post("/graphql", json=body, headers=headers)
            assert "errors" not in response.json(), response.text
            return visited.files

        cold = await sent(QUERY, family.id)
        assert out_of_order(first, cold) == [], cold  # move the steps on the page
        warm = await sent(QUERY, family.id)
        assert out_of_order([each for each in query if each not in _OUTSIDE], warm) == []
        await sent(MUTATION, titles[0].id)
        warm = await sent(MUTATION, titles[1].id)
        assert out_of_order([each for each in mutation if each not in _OUTSIDE], warm) == []
