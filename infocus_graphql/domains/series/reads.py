"""Orders of seasons and episodes."""

from infocus_graphql.db.keyset import Order, SortKey

BY_NUMBER = Order("NUMBER", (SortKey(lambda row: row.number),))
