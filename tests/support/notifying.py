"""Makes the notifications of all events so far, as a worker does."""

from infocus_graphql.domains.deliveries.planning import plan_deliveries
from infocus_graphql.domains.notifications.consuming import consume, relay
from infocus_graphql.graph.context import Services


async def notify(services: Services) -> None:
    """Relays the events and consumes them."""
    await services.database.transaction(relay)
    while await services.database.transaction(consume, deliver=plan_deliveries):
        pass
    await services.database.transaction(relay)  # the events of the notifications
