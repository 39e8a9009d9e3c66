"""From the shapes that TMDB sends to records. Every spelling of "unknown" ends here."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import structlog

from infocus_graphql.tmdb import blocks, records, wire
from infocus_graphql.tmdb.credits import credits_of
from infocus_graphql.tmdb.errors import InvalidResponse
from infocus_graphql.tmdb.values import known_number, known_text, parse_date

log = structlog.get_logger("infocus.tmdb")

_result = msgspec.json.Decoder(wire.Result, strict=False)
LAST_PAGE: Final = 500  # TMDB refuses later pages, whatever it says of their number


def title(kind: records.TitleType, sent: wire.Title, seasons: Mapping[int, wire.Season]) -> records.Title:
    """A film or a series; `seasons` are the blocks with episodes, by number."""
    name = known_text(sent.title) or known_text(sent.name)
    if name is None:
        raise InvalidResponse("there is no title")
    series = kind is records.TitleType.TV
    people = credits_of(sent.aggregate_credits if series else sent.credits)
    all_seasons = _seasons(sent.seasons or (), seasons)
    return records.Title(
        type=kind,
        id=sent.id,
        title=name,
        original_title=known_text(sent.original_title) or known_text(sent.original_name),
        original_language=known_text(sent.original_language),
        tagline=known_text(sent.tagline),
        overview=known_text(sent.overview),
        homepage=known_text(sent.homepage),
        released_on=parse_date(sent.first_air_date if series else sent.release_date),
        ended_on=parse_date(sent.last_air_date),
        runtime_minutes=_episode_runtime(sent, all_seasons) if series else known_number(sent.runtime),
        status=known_text(sent.status),
        adult=bool(sent.adult or sent.softcore),
        popularity=known_number(sent.popularity),
        rating=_rating(sent.vote_average, sent.vote_count),
        votes=sent.vote_count or 0,
        poster_path=known_text(sent.poster_path),
        backdrop_path=known_text(sent.backdrop_path),
        countries=tuple(code for code in sent.origin_country or () if known_text(code)),
        genres=tuple(records.Genre(*each) for each in blocks.named(sent.genres)),
        collection=blocks.collection(sent.belongs_to_collection),
        creators=_creators(sent, people, series=series),
        next_episode=_next_episode(sent.next_episode_to_air),
        seasons=all_seasons,
        external_ids=blocks.external_ids(sent),
        translations=blocks.translations(sent.translations),
        certifications=blocks.certifications(sent.content_ratings if series else sent.release_dates),
        credits=people,
        keywords=blocks.keywords(sent.keywords),
        videos=blocks.videos(sent.videos),
        offers=blocks.offers(sent.watch_providers),
        similar=None if sent.recommendations is None else summaries(sent.recommendations.results, kind),
    )


def page(sent: wire.Results, kind: records.TitleType | None = None) -> records.TitlePage:
    """A page of results; `kind` is the type of all of them, where TMDB doesn't say."""
    titles = summaries(sent.results, kind)
    # Without any hit, TMDB says that there is one page.
    pages = min(sent.total_pages, LAST_PAGE) if sent.total_results else 0
    return records.TitlePage(sent.page, pages, sent.total_results, titles)


def summaries(
    sent: Iterable[msgspec.Raw] | None, kind: records.TitleType | None
) -> tuple[records.TitleSummary, ...]:
    """The titles among results, in order: no people, no adult titles, none without a name.

    Results that can't be read are logged and left out.
    """
    found = (_summary(each, kind) for each in sent or ())
    return tuple(each for each in found if each is not None)


def _summary(raw: msgspec.Raw, kind: records.TitleType | None) -> records.TitleSummary | None:
    try:
        sent = _result.decode(raw)
    except msgspec.DecodeError as error:  # msgspec.ValidationError too
        log.warning("TMDB result skipped", reason=str(error))
        return None
    if sent.media_type is not None:
        kind = next((each for each in records.TitleType if each.value == sent.media_type), None)
    name = known_text(sent.title) or known_text(sent.name)
    if kind is None or name is None or sent.adult or sent.softcore:
        return None
    return records.TitleSummary(
        type=kind,
        id=sent.id,
        title=name,
        original_title=known_text(sent.original_title) or known_text(sent.original_name),
        original_language=known_text(sent.original_language),
        overview=known_text(sent.overview),
        released_on=parse_date(sent.release_date) or parse_date(sent.first_air_date),
        genre_ids=tuple(sent.genre_ids or ()),
        popularity=known_number(sent.popularity),
        rating=_rating(sent.vote_average, sent.vote_count),
        votes=sent.vote_count or 0,
        poster_path=known_text(sent.poster_path),
        backdrop_path=known_text(sent.backdrop_path),
    )


def season(sent: wire.Season, number: int) -> records.Season:
    """A season; its number and those of its episodes are in the list of the series or in the path."""
    episodes = None
    if sent.episodes is not None:
        episodes = tuple(_episode(each, number) for each in sent.episodes if each.episode_number is not None)
    return records.Season(
        id=sent.id,
        number=number,
        name=known_text(sent.name),
        overview=known_text(sent.overview),
        aired_on=parse_date(sent.air_date),
        poster_path=known_text(sent.poster_path),
        episode_count=len(episodes) if episodes is not None else sent.episode_count or 0,
        episodes=episodes,
    )


def _seasons(
    listed: Sequence[wire.Season], detailed: Mapping[int, wire.Season]
) -> tuple[records.Season, ...]:
    found = {
        each.season_number: season(detailed.get(each.season_number, each), each.season_number)
        for each in listed
        if each.season_number is not None
    }
    return tuple(found[number] for number in sorted(found))


def _episode(sent: wire.Episode, season_number: int) -> records.Episode:
    return records.Episode(
        id=sent.id,
        season_number=season_number,
        number=sent.episode_number or 0,
        name=known_text(sent.name),
        overview=known_text(sent.overview),
        aired_on=parse_date(sent.air_date),
        runtime_minutes=known_number(sent.runtime),
        kind=known_text(sent.episode_type),
        still_path=known_text(sent.still_path),
        rating=_rating(sent.vote_average, sent.vote_count),
        votes=sent.vote_count or 0,
    )


def _next_episode(sent: wire.Episode | None) -> records.Episode | None:
    if sent is None or sent.season_number is None or sent.episode_number is None:
        return None
    return _episode(sent, sent.season_number)


def _episode_runtime(sent: wire.Title, seasons: Iterable[records.Season]) -> int | None:
    """The most common runtime of the regular episodes; TMDB's own list is empty for most newer series."""
    runtimes = Counter(
        episode.runtime_minutes
        for each in seasons
        if each.number > 0
        for episode in each.episodes or ()
        if episode.runtime_minutes
    )
    if runtimes:
        return runtimes.most_common(1)[0][0]
    return next((minutes for minutes in sent.episode_run_time or () if minutes > 0), None)


def _rating(average: float | None, votes: int | None) -> float | None:
    """The average vote. Without votes TMDB sends 0, which is no rating."""
    return known_number(average) if votes else None


def _creators(sent: wire.Title, people: records.Credits | None, *, series: bool) -> tuple[str, ...]:
    """The creators of a series, the directors of a film."""
    if series:
        return tuple(name for each in sent.created_by or () if (name := known_text(each.name)) is not None)
    crew = people.crew if people is not None else ()
    return tuple(dict.fromkeys(each.name for each in crew if each.job == "Director"))
