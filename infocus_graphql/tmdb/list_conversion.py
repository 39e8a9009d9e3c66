"""From the lists that TMDB sends to records. See `conversion` for titles."""

from infocus_graphql.tmdb import blocks, conversion, records, wire_lists
from infocus_graphql.tmdb.conversion import LAST_PAGE
from infocus_graphql.tmdb.errors import InvalidResponse
from infocus_graphql.tmdb.values import known_text


def change_page(sent: wire_lists.Changes) -> records.ChangePage:
    """A page of the changes feed, without its null ids."""
    found = sent.results or []
    changes = tuple(records.Change(each.id, each.adult) for each in found if each.id is not None)
    return records.ChangePage(sent.page, min(sent.total_pages, LAST_PAGE), changes, len(found) - len(changes))


def genres(sent: wire_lists.Genres) -> tuple[records.Genre, ...]:
    """The list of genres."""
    return tuple(records.Genre(*each) for each in blocks.named(sent.genres))


def providers(sent: wire_lists.Providers) -> tuple[records.Provider, ...]:
    """The list of streaming services."""
    return tuple(
        records.Provider(
            each.provider_id, name, known_text(each.logo_path), dict(each.display_priorities or {})
        )
        for each in sent.results or ()
        if (name := known_text(each.provider_name)) is not None
    )


def found(sent: wire_lists.Found) -> records.Found:
    """The titles and episodes with an id elsewhere."""
    movies = conversion.summaries(sent.movie_results, records.TitleType.MOVIE)
    return records.Found(
        titles=movies + conversion.summaries(sent.tv_results, records.TitleType.TV),
        episodes=tuple(
            records.FoundEpisode(each.id, each.show_id, each.season_number, each.episode_number)
            for each in sent.tv_episode_results or ()
            if each.show_id is not None and each.season_number is not None and each.episode_number is not None
        ),
    )


def regions(sent: wire_lists.Regions) -> tuple[str, ...]:
    """The countries with streaming services."""
    return tuple(code for each in sent.results or () if (code := known_text(each.iso_3166_1)) is not None)


def certifications(sent: wire_lists.Certifications) -> tuple[records.CertificationRank, ...]:
    """The certifications of all countries."""
    return tuple(
        records.CertificationRank(country, rating, each.order)
        for country, ratings in (sent.certifications or {}).items()
        for each in ratings
        if (rating := known_text(each.certification)) is not None and each.order is not None
    )


def image_configuration(sent: wire_lists.Configuration) -> records.ImageConfiguration:
    """The base URL and the sizes of images."""
    images = sent.images or wire_lists.Images()
    base_url = known_text(images.secure_base_url)
    if base_url is None:
        raise InvalidResponse("there is no base URL of images")
    return records.ImageConfiguration(
        base_url=base_url,
        poster_sizes=tuple(images.poster_sizes or ()),
        backdrop_sizes=tuple(images.backdrop_sizes or ()),
        still_sizes=tuple(images.still_sizes or ()),
        profile_sizes=tuple(images.profile_sizes or ()),
        logo_sizes=tuple(images.logo_sizes or ()),
    )
