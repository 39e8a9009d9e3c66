"""GraphQL types of people and credits."""

from typing import TypeAlias

from infocus_graphql.domains import refs
from infocus_graphql.domains.people import models
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import column, relation
from infocus_graphql.graph.node import Node, row_type

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


@row_type(models.Credit)
class Credit(Node):
    """A contribution to a title, such as a character or a job. A contributor can have several."""

    media_item: refs.MediaItem = relation(models.Credit.media_item, "The title.")
    person: refs.Person = relation(models.Credit.person, "The contributor.")
    kind: CreditKind = column(models.Credit.kind, "The list of credits that this credit belongs to.")
    character: str | None = column(
        models.Credit.character, "The character, in the language of TMDB; null for the crew, or if unknown."
    )
    department: str | None = column(
        models.Credit.department, "The department of the crew, such as `Directing`; null for the cast."
    )
    job: str | None = column(models.Credit.job, "The job in the crew, such as `Director`; null for the cast.")
    episode_count: int | None = column(
        models.Credit.episode_count, "The number of episodes of the series with this credit; null for films."
    )
