"""GraphQL types of people and credits."""

from typing import TypeAlias

from infocus_graphql.domains import images, refs
from infocus_graphql.domains.list_lengths import CREDITS_OF_PERSON
from infocus_graphql.domains.people import models
from infocus_graphql.domains.people.reads import NEWEST_RELEASE
from infocus_graphql.graph.connection import Connection
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import column, page, relation
from infocus_graphql.graph.list_lengths import Reading
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.ordering import Orders

CreditKind: TypeAlias = models.CreditKind

publish_enum(
    CreditKind,
    "The two lists of credits of a title.",
    {CreditKind.CAST: "Actors and their characters.", CreditKind.CREW: "The crew and their jobs."},
)


@row_type(models.Person)
class Person(Node):
    """An actor, a director or another contributor to a title of the catalogue."""

    tmdb_id: int = column(models.Person.tmdb_id, "The id at TMDB.")
    name: str = column(models.Person.name, "The name.")
    profile_url: str | None = images.image(
        models.Person.profile_path,
        images.PROFILE,
        "The URL of a portrait; null if there is none.",
        default=185,
    )
    credits: Connection[refs.Credit] | None = page(
        models.Person.credits,
        "The credits in titles of the catalogue, newest release first.",
        orders=Orders(NEWEST_RELEASE),
        reading=Reading(CREDITS_OF_PERSON, always=1),
    )


@row_type(models.Credit)
class Credit(Node):
    """A contribution to a title, such as a character or a job. A contributor can have several."""

    media_item: refs.MediaItem = relation(models.Credit.media_item, "The title.")
    person: refs.Person = relation(models.Credit.person, "The contributor.")
    kind: CreditKind = column(
        models.Credit.kind, "The list of credits that this credit belongs to.", name="creditKind"
    )
    character: str | None = column(
        models.Credit.character, "The character, in the language of TMDB; null for the crew, or if unknown."
    )
    department: str | None = column(
        models.Credit.department, "The department of the crew, such as `Directing`; null for the cast."
    )
    job: str | None = column(models.Credit.job, "The job in the crew, such as `Director`; null for the cast.")
    episode_count: int | None = column(
        models.Credit.episode_count,
        "The number of episodes of the series with this credit; null for films.",
        name="creditedEpisodeCount",
    )
