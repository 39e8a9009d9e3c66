"""A nested query: a family board from the family down to streaming providers."""

from tests.support.client import Api
from tests.support.factories import Factories

BOARD = """
query Board($id: ID!) {
  family(id: $id) {
    name
    createdBy { name }
    viewerMembership { role }
    members(first: 10) {
      totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      edges { cursor node { role user { name profile { bio } watchlist(first: 5) {
        totalCount
        nodes { id status rating notes version dateAdded
          mediaItem { title genres streamingProviders { provider url regions } } }
      } } } }
    }
    invitations { nodes { email } }
    watchlist { nodes { user { name } } }
    titles { nodes { mediaItem { title } averageRating
      wantedBy { name } startedBy { name } completedBy { name } } }
    recommendations { nodes { message } }
  }
  viewer { email preferences watchlistStats { total notWatched watching completed }
    suggestions { nodes { score familyAverage familyEntryCount tmdbRating statusWeight
      mediaItem { title } familyEntries { user { name } } } } }
}
"""


async def test_a_family_board_can_be_read_down_to_the_providers(api: Api, make: Factories) -> None:
    ann, bob = await make.user("Ann"), await make.user("Bob")
    family = await make.family(ann, bob)
    film = await make.media("Fight Club", rating=8.4)
    await make.provider(film)
    await make.entry(bob, film, rating=9, notes="secret")
    board = await api.as_(ann).data(BOARD, id=family.id)
    members = board["family"]["members"]
    assert members["totalCount"] == 2
    (entry,) = members["edges"][1]["node"]["user"]["watchlist"]["nodes"]
    assert entry["mediaItem"]["streamingProviders"][0]["provider"] == "Streamio"
    assert entry["notes"] is None
    (title,) = board["family"]["titles"]["nodes"]
    assert title["wantedBy"] == [{"name": "Bob"}]
    assert title["averageRating"] == 9.0
    (suggestion,) = board["viewer"]["suggestions"]["nodes"]
    assert suggestion["score"] == 3 * 9 + 2 * 1 + 8.4 / 2 + 0
    assert suggestion["familyEntries"] == [{"user": {"name": "Bob"}}]
    assert board["viewer"]["watchlistStats"] == {"total": 0, "notWatched": 0, "watching": 0, "completed": 0}
