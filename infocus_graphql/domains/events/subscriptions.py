"""Subscription fields."""

from collections.abc import Mapping
from typing import Any

import strawberry
from sqlalchemy import Text, literal, select

from infocus_graphql.core.viewer import Viewer
from infocus_graphql.db.database import ReadUnit
from infocus_graphql.db.visibility import sql_viewer
from infocus_graphql.domains import refs
from infocus_graphql.domains.events.models import Event, EventType
from infocus_graphql.domains.families.models import Family
from infocus_graphql.domains.families.policy import is_member
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.declarations import EventStream
from infocus_graphql.graph.errors import coded_error
from infocus_graphql.graph.event_source import EventRecord, Topic, TopicKind
from infocus_graphql.graph.root import REQUIRED, subscription

AFTER = (
    str | None,
    "The id of the last event that the client has received. The subscription starts with the events after "
    "it; RESET_REQUIRED means that it is too old, so that the client has to read everything again.",
    None,
)


async def viewer_topic(context: Context, arguments: Mapping[str, Any]) -> Topic:
    """The events about the viewer."""
    return Topic(TopicKind.USER, context.viewer.id or "")


async def _family_topic(context: Context, arguments: Mapping[str, Any]) -> Topic:
    family_id = arguments["familyId"]
    if not await context.read(_is_member, family_id):
        raise coded_error("NOT_FOUND", "There is no such family.", argument=["familyId"])
    return Topic(TopicKind.FAMILY, family_id)


async def _is_member(unit: ReadUnit, viewer: Viewer, family_id: str) -> bool:
    query = select(Family.id).where(
        Family.id == family_id, is_member(literal(family_id, Text()), sql_viewer(viewer))
    )
    return await unit.scalar(query) is not None


def _leaves(event: EventRecord, viewer_id: str | None, arguments: Mapping[str, Any]) -> bool:
    """Whether the viewer is no member any more after this event. A deleted family has no members."""
    return event.type == EventType.MEMBER_LEFT.value and event.user_id == viewer_id


@strawberry.type
class EventSubscriptions:
    """Subscriptions to events."""

    family_events: refs.Event = subscription(
        refs.Event,
        EventStream(Event, "id", _family_topic, last=_leaves),
        "The events of a family: its members, invitations and name, and the watchlists that its members "
        "share with it. It completes when the viewer leaves the family.",
        arguments={"family_id": (strawberry.ID, "The id of the family.", REQUIRED), "after": AFTER},
    )
    viewer_events: refs.Event = subscription(
        refs.Event,
        EventStream(Event, "id", viewer_topic),
        "The events of the viewer, on whichever device they happen: the own watchlist, memberships, "
        "invitations and recommendations received and sent, sessions, settings, and updates of titles on "
        "the watchlist.",
        arguments={"after": AFTER},
    )
