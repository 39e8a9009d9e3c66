"""A copy of a viewer's data that is kept by `Viewer.changes` alone, and the data that the API returns now."""

import random
from collections.abc import Mapping
from typing import Any

from tests.support.client import Api

FIELDS = """
__typename id
... on Family { familyName: name }
... on FamilyMembership { role sharesWatchlist family { id } user { id } }
... on FamilyInvitation { email invitationStatus }
... on User { userName: name profile { bio } }
... on WatchlistEntry { entryStatus: status rating notes version user { id } mediaItem { id } }
... on Recommendation { recommendationStatus message }
... on MediaItem { title }
"""
CHANGES = f"""
query ($since: String, $first: Int) {{
  viewer {{ changes(since: $since, first: $first) {{
    nodes {{ {FIELDS} }} removedIds cursor hasMore resetRequired viewer {{ settings {{ region }} }}
  }} }}
}}
"""
NODES = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ {FIELDS} }} }}"
SETTINGS = "{ viewer { settings { region } } }"


class Replica:
    """The copy of one client."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.nodes: dict[str, dict[str, Any]] = {}
        self.settings: dict[str, Any] | None = None
        self.cursor: str | None = None
        self.has_more = False
        self.resets = 0
        self.removed: set[str] = set()  # all ids that were reported as removed

    async def read_page(self, first: int = 500) -> dict[str, Any]:
        """Reads one page and stores it."""
        # Not by `api.data`, which runs the query again with loaders: other connections write meanwhile.
        body = {"query": CHANGES, "variables": {"since": self.cursor, "first": first}}
        result = (await self._api.http.post("/graphql", json=body, headers=self._api.headers)).json()
        page: dict[str, Any] = result["data"]["viewer"]["changes"]
        assert len(page["nodes"]) + len(page["removedIds"]) <= first
        if page["resetRequired"]:
            self.nodes, self.resets = {}, self.resets + 1
        self.nodes |= {node["id"]: node for node in page["nodes"] if node is not None}
        for removed in page["removedIds"]:
            self.nodes.pop(removed, None)
        self.removed |= set(page["removedIds"])
        self.settings = page["viewer"] or self.settings
        self.cursor, self.has_more = page["cursor"], page["hasMore"]
        return page

    async def catch_up(self, chance: random.Random | None = None) -> None:
        """Finishes the round, and reads another one, which has everything that is committed now."""
        for _ in range(2):
            await self.read_page(_size(chance))
            while self.has_more:
                await self.read_page(_size(chance))

    async def compare(self, ids: list[str]) -> None:
        """Compares the copy with what the API returns for these ids, which are those of all rows."""
        shown: dict[str, dict[str, Any]] = {}
        for start in range(0, len(ids), 100):
            found = await self._api.data(NODES, ids=ids[start : start + 100])
            shown |= {node["id"]: node for node in found if node is not None}
        copied, expected = _copied(self.nodes), _copied(shown)
        wrong = [key for key in copied | expected if copied.get(key) != expected.get(key)]
        assert not wrong, [(copied.get(key), expected.get(key)) for key in wrong]
        assert self.settings == await self._api.data(SETTINGS)


def _copied(nodes: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The nodes without titles that no entry refers to, which clients may keep or drop."""
    tracked = {node["mediaItem"]["id"] for node in nodes.values() if node["__typename"] == "WatchlistEntry"}
    return {key: node for key, node in nodes.items() if node["__typename"] != "MediaItem" or key in tracked}


def _size(chance: random.Random | None) -> int:
    return 500 if chance is None else chance.choice([1, 2, 3, 7, 30, 500])
