"""Stores the offers of titles, and their arrivals and departures."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import ARRAY, Text, bindparam, text

from infocus_graphql.db.database import UnitOfWork
from infocus_graphql.domains.catalogue.rows.parts import offer_rows
from infocus_graphql.domains.catalogue.writes.lists import services_of
from infocus_graphql.domains.catalogue.writes.recordsets import Target, incoming, replace_lists, run
from infocus_graphql.domains.media.models import StreamingProvider
from infocus_graphql.tmdb import records

_OFFERS: Final = Target(
    StreamingProvider,
    ("media_item_id", "provider", "offer_type"),
    ("streaming_service_id", "url", "regions"),
    once=("id",),
)
# Offers that staff have added have no service of TMDB's, and are not deleted. If TMDB lists the same service
# with the same type of offer, its values replace theirs.
_OF_TMDB: Final = "old.streaming_service_id IS NOT NULL"
_INCOMING: Final = incoming(
    StreamingProvider, ("media_item_id", "streaming_service_id", "offer_type", "regions")
)
_RECORD_EVENTS: Final = text(f"""
    WITH incoming AS MATERIALIZED ({_INCOMING}), after AS (
        SELECT media_item_id, streaming_service_id, offer_type, unnest(regions) AS country FROM incoming
    ), before AS (
        SELECT media_item_id, streaming_service_id, offer_type, unnest(regions) AS country
        FROM streaming_providers
        WHERE media_item_id = ANY(:owners) AND streaming_service_id IS NOT NULL
    ), events AS (
        (SELECT *, CAST('arrived' AS offer_event_kind) AS kind FROM (TABLE after EXCEPT TABLE before) AS new)
        UNION ALL
        (SELECT *, 'departed' FROM (TABLE before EXCEPT TABLE after) AS old)
    )
    INSERT INTO offer_events (media_item_id, streaming_service_id, offer_type, country, kind)
    SELECT media_item_id, streaming_service_id, offer_type, country, kind FROM events
    ORDER BY media_item_id, streaming_service_id, offer_type, country
""").bindparams(bindparam("owners", type_=ARRAY(Text)))  # noqa: S608 - names of columns


async def store_offers(
    work: UnitOfWork, titles: Mapping[str, records.Title], *, fetched_before: set[str]
) -> None:
    """Stores the offers of titles, by our ids. Titles whose offers TMDB didn't send keep theirs.

    Titles in `fetched_before` get events for arrivals and departures in each country. For the others, it is
    unknown which offers are new.
    """
    known = {key: title for key, title in titles.items() if title.offers is not None}
    if not known:
        return
    services = await services_of(work, [each for title in known.values() for each in title.offers or ()])
    rows = [row for key, title in known.items() for row in offer_rows(key, title, services)]
    watched = sorted(fetched_before & known.keys())
    if watched:
        changed = [row for row in rows if row["media_item_id"] in fetched_before]
        await run(work, _RECORD_EVENTS, changed, owners=watched)
    await replace_lists(work, _OFFERS, list(known), rows, only=_OF_TMDB)
