"""`serverInfo.attributions`: the sources of the catalogue that clients have to name."""

import strawberry

from infocus_graphql.tmdb import ATTRIBUTION, LOGO_URL, OFFERS_ATTRIBUTION


@strawberry.type(description="A source of data whose terms require that clients name it.")
class Attribution:
    name: str = strawberry.field(description="The name of the source.")
    text: str = strawberry.field(description="The text to show.")
    url: str = strawberry.field(description="The website of the source, for a link.")
    logo_url: str | None = strawberry.field(
        description="The logo of the source, which has to be less prominent than that of the client itself. "
        "Null if the terms require none."
    )


def attributions() -> list[Attribution]:
    """Returns the sources of titles and of streaming offers."""
    return [
        Attribution(name="TMDB", text=ATTRIBUTION, url="https://www.themoviedb.org", logo_url=LOGO_URL),
        Attribution(
            name="JustWatch", text=OFFERS_ATTRIBUTION, url="https://www.justwatch.com", logo_url=None
        ),
    ]
