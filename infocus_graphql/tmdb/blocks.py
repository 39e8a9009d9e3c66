"""The blocks of details that TMDB appends to a title. A missing block is None, not empty."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from infocus_graphql.tmdb import records, wire
from infocus_graphql.tmdb.values import known_number, known_text

# The release of a film whose certification counts: theatrical first, premieres last.
_RELEASE_ORDER: Final = {3: 0, 2: 1, 4: 2, 6: 3, 5: 4, 1: 5}
_OLD_INSTANT: Final = "%Y-%m-%d %H:%M:%S UTC"


def named(sent: Iterable[wire.Named] | None) -> Iterable[tuple[int, str]]:
    """The ids and names of genres or keywords; those without a name are left out."""
    return ((each.id, name) for each in sent or () if (name := known_text(each.name)) is not None)


def collection(sent: wire.Named | None) -> records.Collection | None:
    """The collection of a film."""
    name = known_text(sent.name) if sent is not None else None
    if sent is None or name is None:
        return None
    return records.Collection(sent.id, name, known_text(sent.poster_path))


def external_ids(sent: wire.Title) -> records.ExternalIds | None:
    """The ids elsewhere; None if the block is missing and the title has none of its own."""
    imdb, ids = known_text(sent.imdb_id), sent.external_ids
    if ids is None:
        return records.ExternalIds(imdb, None, None) if imdb is not None else None
    return records.ExternalIds(
        known_text(ids.imdb_id) or imdb, known_number(ids.tvdb_id), known_text(ids.wikidata_id)
    )


def translations(sent: wire.Translations | None) -> tuple[records.Translation, ...] | None:
    """The texts in all languages; None if the block is missing."""
    if sent is None or sent.translations is None:  # `{}` was seen where there must have been some
        return None
    return tuple(
        records.Translation(
            language,
            known_text(each.iso_3166_1),
            known_text(each.data.title) or known_text(each.data.name),
            known_text(each.data.overview),
            known_text(each.data.tagline),
        )
        for each in sent.translations
        if each.data is not None and (language := known_text(each.iso_639_1)) is not None
    )


def certifications(sent: wire.Ratings | None) -> tuple[records.Certification, ...] | None:
    """One certification for each country: TMDB has several that disagree.

    Of a film's releases with a certification, theatrical ones count first, then limited, digital, TV and
    physical ones, then premieres; the earliest of a kind counts. Of a series' ratings, the first.
    """
    if sent is None or sent.results is None:
        return None
    found: dict[str, str] = {}
    for each in sent.results:
        country, rating = known_text(each.iso_3166_1), known_text(each.rating)
        releases = [release for release in each.release_dates or () if known_text(release.certification)]
        if releases:
            rating = known_text(min(releases, key=_release_order).certification)
        if country is not None and rating is not None:
            found.setdefault(country, rating)
    return tuple(records.Certification(*each) for each in found.items())


def _release_order(release: wire.ReleaseDate) -> tuple[int, str]:
    return _RELEASE_ORDER.get(release.type or 0, len(_RELEASE_ORDER)), release.release_date or "~"


def keywords(sent: wire.Keywords | None) -> tuple[records.Keyword, ...] | None:
    """The keywords; None if the block is missing."""
    found = None if sent is None else sent.keywords if sent.keywords is not None else sent.results
    return None if found is None else tuple(records.Keyword(*each) for each in named(found))


def videos(sent: wire.Videos | None) -> tuple[records.Video, ...] | None:
    """The videos; None if the block is missing."""
    if sent is None or sent.results is None:
        return None
    return tuple(
        records.Video(
            site=site,
            key=key,
            name=known_text(each.name) or key,
            kind=known_text(each.type),
            official=bool(each.official),
            language=known_text(each.iso_639_1),
            published_at=_instant(each.published_at),
        )
        for each in sent.results
        if (site := known_text(each.site)) is not None and (key := known_text(each.key)) is not None
    )


def _instant(text: str | None) -> datetime | None:
    text = known_text(text)
    if text is None:
        return None
    try:
        if text.endswith(" UTC"):
            return datetime.strptime(text, _OLD_INSTANT).replace(tzinfo=UTC)
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def offers(sent: wire.Offers | None) -> tuple[records.Offer, ...] | None:
    """The offers in all countries; None if the block is missing."""
    if sent is None or sent.results is None:
        return None
    return tuple(
        records.Offer(
            country, kind, each.provider_id, name, known_text(each.logo_path), known_text(offers.link)
        )
        for country, offers in sent.results.items()
        for kind in records.OfferType
        for each in getattr(offers, kind.value) or ()
        if (name := known_text(each.provider_name)) is not None
    )
