"""Orders of arrivals and departures."""

from infocus_graphql.db.keyset import Order, SortKey

NEWEST_EVENT = Order("OCCURRED_AT", (SortKey(lambda event: event.occurred_at),), descending=True)
