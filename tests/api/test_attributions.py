"""The server names the sources of the catalogue."""

from tests.support.client import Api


async def test_the_sources_of_the_catalogue_are_named(api: Api) -> None:
    info = await api.data("{ serverInfo { attributions { name text url logoUrl } } }")
    tmdb, justwatch = info["attributions"]
    assert (tmdb["name"], justwatch["name"]) == ("TMDB", "JustWatch")
    assert tmdb["text"] == "This product uses the TMDB API but is not endorsed or certified by TMDB."
    assert "JustWatch" in justwatch["text"]
    assert tmdb["logoUrl"].startswith("https://www.themoviedb.org/")
    assert justwatch["logoUrl"] is None
