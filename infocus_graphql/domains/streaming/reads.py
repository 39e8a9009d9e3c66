"""Orders and filters of streaming services, and the order of arrivals and departures."""

from typing import Final

from sqlalchemy import Text, any_, func

from infocus_graphql.db.batch_queries import Filter
from infocus_graphql.db.keyset import Order, SortKey
from infocus_graphql.domains.media.reads import contains

NEWEST_EVENT: Final = Order("OCCURRED_AT", (SortKey(lambda event: event.occurred_at),), descending=True)
BY_PRIORITY: Final = Order(
    "PRIORITY", (SortKey(lambda service: service.priority), SortKey(lambda service: service.name_sort))
)
IN_REGION: Final = Filter(Text(), lambda service, region: region == any_(service.regions))
BY_NAME: Final = Filter(
    Text(), lambda service, pattern: func.search_form(service.name).like(pattern), convert=contains
)
