"""Rows with details of titles: seasons, credits, videos, offers."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from infocus_graphql.core.clock import now
from infocus_graphql.core.ids import new_id
from infocus_graphql.db.base import Base
from infocus_graphql.db.links import primary_key_of
from infocus_graphql.domains.catalogue.models import TitleFetch
from infocus_graphql.domains.media.details import (
    Collection,
    Genre,
    GenreName,
    MediaCertification,
    MediaTranslation,
    MediaVideo,
    SimilarTitle,
)
from infocus_graphql.domains.media.models import MediaItem, OfferType, ProductionStatus
from infocus_graphql.domains.people.models import Credit, CreditKind, Person
from infocus_graphql.domains.series.models import Episode, EpisodeKind, Season
from infocus_graphql.domains.streaming.models import OfferEvent, OfferEventKind, StreamingService

TYPES = {
    "Season": Season,
    "Episode": Episode,
    "Person": Person,
    "Credit": Credit,
    "Video": MediaVideo,
    "MediaCollection": Collection,
    "Genre": Genre,
    "StreamingService": StreamingService,
}


class Details:
    """Details in every language, country and list for each of some titles, which get their own values, too.

    `before` are the rows that the titles refer to, `after` those that refer to the titles. Store `before`,
    the titles, and then `after`, one list after the other.
    """

    def __init__(self, items: Sequence[MediaItem], similar: MediaItem) -> None:
        self._number = 0
        self.collections = [
            Collection(id=new_id("co"), tmdb_id=self._next(), name=f"Trilogy {index}", poster_path="/c.jpg")
            for index, _ in enumerate(items)
        ]
        self.services = [
            StreamingService(
                id=new_id("ss"),
                slug=f"streamio-{index}",
                name=f"Streamio {index}",
                logo_path="/l.png",
                regions=["DE", "US"],
                priority=index // 2,
            )
            for index, _ in enumerate(items)
        ]
        self.genres = [
            Genre(id=new_id("ge"), tmdb_id=900_000 + index, name=f"Genre {index}", for_movies=True)
            for index, _ in enumerate(items)
        ]
        self.before: list[list[Base]] = [self.collections, self.services, self.genres]  # type: ignore[list-item]  # lists are invariant
        self.after: list[list[Base]] = [
            [GenreName(genre_id=each.id, language="de", name="Gattung") for each in self.genres]
        ]
        self._people = [
            Person(id=new_id("pe"), tmdb_id=self._next(), name=f"Actor {index}", profile_path="/a.jpg")
            for index, _ in enumerate(items)
        ]
        self.after.append(list(self._people))
        for index, item in enumerate(items):
            self._fill(item, index)
            self._texts(item, similar)
            self._series(item)
            self._lists(item, index)

    def ids(self, type_name: str) -> list[str]:
        """Returns the ids of the rows of a GraphQL type."""
        model = TYPES[type_name]
        return [
            primary_key_of(row)
            for rows in (*self.before, *self.after)
            for row in rows
            if isinstance(row, model)
        ]

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _fill(self, item: MediaItem, index: int) -> None:
        item.collection_id = self.collections[index].id
        item.genres = [*(item.genres or []), self.genres[index].name]
        values: dict[str, Any] = {
            "original_title": "Ein Titel",
            "original_language": "de",
            "tagline": "A line.",
            "end_date": date(2020, 1, 1),
            "runtime_minutes": 90,
            "production_status": ProductionStatus.RELEASED,
            "rating": item.rating or 7.0,
            "vote_count": 10,
            "popularity": 1.5,
            "countries": ["DE"],
            "imdb_id": f"tt{index}",
            "tvdb_id": 1,
            "wikidata_id": "Q1",
            "keywords": ["heist"],
            "removed_at": now(),
        }
        for name, value in values.items():
            setattr(item, name, value)

    def _texts(self, item: MediaItem, other: MediaItem) -> None:
        self.after.append(
            [
                MediaTranslation(
                    media_item_id=item.id,
                    language="de",
                    country=country,
                    is_default=country == "DE",
                    title=f"Titel {country}",
                    description="Eine Geschichte.",
                    tagline="Ein Spruch.",
                )
                for country in ("DE", "AT")
            ]
        )
        self.after.append(
            [
                MediaCertification(media_item_id=item.id, country="AT", label="12", minimum_age=12),
                SimilarTitle(
                    media_item_id=item.id, tmdb_type=other.tmdb_type, tmdb_id=other.tmdb_id, position=0
                ),
                TitleFetch(tmdb_type=item.tmdb_type, tmdb_id=item.tmdb_id, fetched_at=now()),
            ]
        )

    def _series(self, item: MediaItem) -> None:
        seasons = [
            Season(
                id=new_id("sn"),
                media_item_id=item.id,
                tmdb_id=self._next(),
                number=number,
                title=f"Season {number}",
                description="A season.",
                air_date=date(2019, 1, number + 1),
                poster_path="/s.jpg",
                episode_count=2,
                removed_at=now() if number == 2 else None,
            )
            for number in (2, 1, 0)
        ]
        episodes = [
            Episode(
                id=new_id("ep"),
                media_item_id=item.id,
                season_id=season.id,
                tmdb_id=self._next(),
                number=number,
                title=f"Episode {number}",
                description="An episode.",
                air_date=date(2019, 1, number),
                runtime_minutes=45,
                kind=list(EpisodeKind)[number % 3],
                still_path="/e.jpg",
                rating=8.5,
                vote_count=3,
                removed_at=now() if number == 2 else None,
            )
            for season in seasons
            for number in (2, 1)
        ]
        self.after += [list(seasons), list(episodes)]

    def _lists(self, item: MediaItem, index: int) -> None:
        self.after.append(
            [
                Credit(
                    id=new_id("cr"),
                    media_item_id=item.id,
                    person_id=self._people[(index + position) % len(self._people)].id,
                    tmdb_credit_id=f"{kind.value}{position}",
                    kind=kind,
                    position=position // 2,
                    character="Herself",
                    department="Directing",
                    job="Director",
                    episode_count=2,
                )
                for kind in CreditKind
                for position in range(3)
            ]
        )
        self.after.append(
            [
                MediaVideo(
                    id=new_id("mv"),
                    media_item_id=item.id,
                    site="YouTube",
                    key=f"k{position}",
                    name="Trailer",
                    kind="Trailer",
                    official=True,
                    language="en",
                    position=position // 2,
                    published_at=now(),
                )
                for position in range(3)
            ]
        )
        self.after.append(
            [
                OfferEvent(
                    media_item_id=item.id,
                    streaming_service_id=self.services[index].id,
                    offer_type=OfferType.RENT,
                    country="DE",
                    kind=kind,
                )
                for kind in OfferEventKind
            ]
        )
