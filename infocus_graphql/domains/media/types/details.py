"""GraphQL types of the details of titles: genres, videos and collections."""

from datetime import datetime

from infocus_graphql.domains import refs
from infocus_graphql.domains.media import details
from infocus_graphql.graph.fields import column, relation
from infocus_graphql.graph.node import Node, row_type


@row_type(details.Genre)
class Genre(Node):
    """A genre of TMDB. Films and series have different genres."""

    tmdb_id: int = column(details.Genre.tmdb_id, "The id at TMDB.")
    for_movies: bool = column(details.Genre.for_movies, "Whether films can have the genre.")
    for_series: bool = column(details.Genre.for_series, "Whether series can have the genre.")


@row_type(details.MediaVideo)
class Video(Node):
    """A trailer or another video of a title at a video site."""

    media_item: refs.MediaItem = relation(details.MediaVideo.media_item, "The title.")
    name: str = column(details.MediaVideo.name, "The name of the video; empty if it has none.")
    site: str = column(details.MediaVideo.site, "The video site, such as `YouTube`.")
    key: str = column(details.MediaVideo.key, "The id of the video at the site.")
    kind: str | None = column(
        details.MediaVideo.kind, "The kind of video at TMDB, such as `Trailer` or `Teaser`; null if unknown."
    )
    official: bool = column(details.MediaVideo.official, "Whether TMDB marks the video as official.")
    language: str | None = column(
        details.MediaVideo.language, "The language of the video, as a code of ISO 639-1; null if unknown."
    )
    published_at: datetime | None = column(
        details.MediaVideo.published_at, "When the video was published; null if unknown."
    )


@row_type(details.Collection)
class MediaCollection(Node):
    """A collection of films, such as a trilogy."""

    tmdb_id: int = column(details.Collection.tmdb_id, "The id at TMDB.")
    name: str = column(details.Collection.name, "The name of the collection.")
