"""GraphQL types of seasons and episodes."""

from datetime import date, datetime
from typing import TypeAlias

from infocus_graphql.domains import images, refs
from infocus_graphql.domains.list_lengths import EPISODES, PROGRESS
from infocus_graphql.domains.plays.progress import season_progress
from infocus_graphql.domains.plays.reads import viewer_plays, watched_by_viewer
from infocus_graphql.domains.series import models
from infocus_graphql.domains.series.reads import BY_NUMBER, INCLUDES_REMOVED, episode_title, season_title
from infocus_graphql.graph.connection import Connection
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import Argument, aggregate, column, computed, page, relation
from infocus_graphql.graph.list_lengths import Reading
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.ordering import Orders

EpisodeKind: TypeAlias = models.EpisodeKind

publish_enum(
    EpisodeKind,
    "The position of an episode in its season.",
    {
        EpisodeKind.STANDARD: "An episode without a special position.",
        EpisodeKind.MID_SEASON_FINALE: "The last episode before a break within the season.",
        EpisodeKind.FINALE: "The last episode of the season.",
    },
)

INCLUDE_REMOVED = Argument(
    bool | None,
    "Whether to return those that TMDB no longer lists, too; by default false. `node` always finds them.",
    INCLUDES_REMOVED,
)


@row_type(models.Season)
class Season(Node):
    """A season of a series. Season 0 contains the specials."""

    media_item: refs.MediaItem = relation(models.Season.media_item, "The series.")
    tmdb_id: int = column(models.Season.tmdb_id, "The id at TMDB.")
    number: int = column(
        models.Season.number, "The number of the season; 0 for specials. Some series number seasons by year."
    )
    is_specials: bool = computed(
        models.Season,
        lambda season, viewer: season.number == 0,
        "Whether the season contains the specials of the series.",
    )
    title: str = computed(
        models.Season,
        season_title,
        "The title in English; `Season 2` if it has none.",
        like=models.Season.title,
    )
    description: str | None = column(
        models.Season.description, "The description of the season, in English; null if unknown."
    )
    poster_url: str | None = images.image(
        models.Season.poster_path, images.POSTER, "The URL of the poster; null if there is none.", default=500
    )
    air_date: date | None = column(models.Season.air_date, "The date of the first episode; null if unknown.")
    episode_count: int = column(
        models.Season.episode_count, "The number of episodes that TMDB states, announced ones included."
    )
    viewer_progress: refs.SeasonProgress | None = aggregate(
        models.Season,
        season_progress,
        "The viewer's progress in the season; null if the series is not on the viewer's watchlist.",
        reading=PROGRESS,
    )
    removed_at: datetime | None = column(
        models.Season.removed_at, "When TMDB stopped listing the season; null if it is listed."
    )
    episodes: Connection[refs.Episode] | None = page(
        models.Season.episodes,
        "The episodes that TMDB lists, by number.",
        arguments={"include_removed": INCLUDE_REMOVED},
        orders=Orders(BY_NUMBER),
        reading=Reading(EPISODES),
    )


@row_type(models.Episode)
class Episode(Node):
    """An episode of a series."""

    media_item: refs.MediaItem = relation(models.Episode.media_item, "The series.")
    season: refs.Season = relation(models.Episode.season, "The season.")
    tmdb_id: int = column(models.Episode.tmdb_id, "The id at TMDB.")
    number: int = column(models.Episode.number, "The number of the episode in its season.")
    title: str = computed(
        models.Episode,
        episode_title,
        "The title in English; `Episode 7` if it has none.",
        like=models.Episode.title,
    )
    description: str | None = column(
        models.Episode.description, "The description of the plot, in English; null if unknown."
    )
    air_date: date | None = column(
        models.Episode.air_date, "The date of the first broadcast; null if unknown."
    )
    runtime_minutes: int | None = column(
        models.Episode.runtime_minutes, "The runtime in minutes; null if unknown."
    )
    still_url: str | None = images.image(
        models.Episode.still_path,
        images.STILL,
        "The URL of a picture of the episode; null if there is none.",
        default=300,
    )
    kind: EpisodeKind = column(
        models.Episode.kind, "The position of the episode in its season.", name="episodeKind"
    )
    rating: float | None = column(
        models.Episode.rating,
        "The average rating at TMDB, above 0 and at most 10; null if there are no votes.",
    )
    vote_count: int = column(models.Episode.vote_count, "The number of votes at TMDB.")
    viewer_plays: int = computed(
        models.Episode, viewer_plays, "The number of the viewer's plays, those before a rewatch included."
    )
    watched_by_viewer: bool = computed(
        models.Episode,
        watched_by_viewer,
        "Whether the viewer has watched the episode, since the last rewatch if one was started.",
    )
    removed_at: datetime | None = column(
        models.Episode.removed_at, "When TMDB stopped listing the episode; null if it is listed."
    )
