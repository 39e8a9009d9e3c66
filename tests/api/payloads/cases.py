"""A case for each mutation of signed-in users on watchlists, recommendations, families and the catalogue."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from infocus_graphql.domains.families.models import FamilyRole
from infocus_graphql.domains.notifications.models import NotificationKind
from infocus_graphql.domains.watchlists.models import WatchStatus
from tests.api.payloads.case import Case
from tests.graph.notifications import made_notification
from tests.graph.plays import play_of
from tests.support.client import Api
from tests.support.factories import Factories

Prepare = Callable[[Api, Factories], Awaitable[Case]]
CASES: Final[dict[str, Prepare]] = {}


def case(function: Prepare) -> Prepare:
    """Registers a function as the case of the mutation with the same name."""
    first, *others = function.__name__.split("_")
    CASES[first + "".join(word.title() for word in others)] = function
    return function


@case
async def add_to_watchlist(api: Api, make: Factories) -> Case:
    ann, bob, film = await make.user(), await make.user(), await make.media()
    family = await make.family(ann, bob)
    await make.entry(bob, film)
    return Case(api.as_(ann), {"media": {"id": film.id}, "status": "WATCHING"}, film.id, family.id)


@case
async def update_watchlist_entry(api: Api, make: Factories) -> Case:
    ann = await make.user()
    entry = await make.entry(ann)
    return Case(api.as_(ann), {"id": entry.id, "status": "COMPLETED", "rating": 9}, entry.media_item_id)


@case
async def add_many_to_watchlist(api: Api, make: Factories) -> Case:
    ann, film, other = await make.user(), await make.media(), await make.media()
    family = await make.family(ann)
    return Case(api.as_(ann), {"items": [{"media": {"id": film.id}, "rating": 3}]}, other.id, family.id)


@case
async def update_many_watchlist_entries(api: Api, make: Factories) -> Case:
    ann, other = await make.user(), await make.media()
    entry = await make.entry(ann)
    return Case(api.as_(ann), {"items": [{"id": entry.id, "rating": 3}]}, other.id)


@case
async def remove_from_watchlist(api: Api, make: Factories) -> Case:
    ann = await make.user()
    family, entry = await make.family(ann), await make.entry(ann)
    await make.entry(ann)
    return Case(api.as_(ann), {"entryId": entry.id}, entry.media_item_id, family.id)


@case
async def recommend(api: Api, make: Factories) -> Case:
    ann, bob, film = await make.user(), await make.user(), await make.media()
    family = await make.family(ann, bob)
    return Case(api.as_(ann), {"media": {"id": film.id}, "toUserIds": [bob.id]}, film.id, family.id)


async def _received(api: Api, make: Factories) -> Case:
    ann, bob = await make.user(), await make.user()
    family = await make.family(ann, bob)
    proposal = await make.recommendation(ann, bob)
    return Case(api.as_(bob), {"id": proposal.id}, proposal.media_item_id, family.id)


@case
async def accept_recommendation(api: Api, make: Factories) -> Case:
    return await _received(api, make)


@case
async def reject_recommendation(api: Api, make: Factories) -> Case:
    return await _received(api, make)


@case
async def log_watch(api: Api, make: Factories) -> Case:
    ann, film = await make.user(), await make.media()
    return Case(api.as_(ann), {"media": {"id": film.id}}, film.id)


@case
async def undo_watch(api: Api, make: Factories) -> Case:
    ann = await make.user()
    entry = await make.entry(ann, status=WatchStatus.COMPLETED)
    play = play_of(entry)
    await make.row(play)
    return Case(api.as_(ann), {"watchEventId": play.id}, entry.media_item_id)


@case
async def start_rewatch(api: Api, make: Factories) -> Case:
    ann = await make.user()
    entry = await make.entry(ann)
    await make.row(play_of(entry))
    return Case(api.as_(ann), {"entryId": entry.id}, entry.media_item_id)


@case
async def mark_notifications_read(api: Api, make: Factories) -> Case:
    ann = await make.user()
    notification = made_notification(ann, NotificationKind.EXPORT_READY, "dx1", read=False)
    await make.row(notification)
    return Case(api.as_(ann), {"notificationIds": [notification.id]})


@case
async def update_notification_preferences(api: Api, make: Factories) -> Case:
    chosen = {"preferences": [{"kind": "NEW_SEASON", "email": "OFF"}]}
    return Case(api.as_(await make.user()), chosen, changes=False)


@case
async def withdraw_recommendation(api: Api, make: Factories) -> Case:
    ann, bob = await make.user(), await make.user()
    family = await make.family(ann, bob)
    proposal = await make.recommendation(ann, bob)
    await make.recommendation(ann, bob)
    return Case(api.as_(ann), {"id": proposal.id}, proposal.media_item_id, family.id)


async def _family(api: Api, make: Factories, **given: Any) -> Case:
    """Returns a case of the owner of a family with three members, each with an entry."""
    ann, bob, cleo = [await make.user(name) for name in ("Ann", "Bob", "Cleo")]
    family = await make.family(ann, bob, cleo)
    for person in (ann, bob, cleo):
        await make.entry(person)
    names = {"family": family.id, "bob": bob.id}
    return Case(
        api.as_(ann), {key: names.get(value, value) for key, value in given.items()}, family=family.id
    )


@case
async def create_family(api: Api, make: Factories) -> Case:
    return await _family(api, make, name="Another")


@case
async def update_family(api: Api, make: Factories) -> Case:
    return await _family(api, make, id="family", name="Renamed")


@case
async def delete_family(api: Api, make: Factories) -> Case:
    return await _family(api, make, id="family")


@case
async def update_family_member_role(api: Api, make: Factories) -> Case:
    return await _family(api, make, familyId="family", userId="bob", role="ADMIN")


@case
async def transfer_family_ownership(api: Api, make: Factories) -> Case:
    return await _family(api, make, familyId="family", toUserId="bob")


@case
async def remove_family_member(api: Api, make: Factories) -> Case:
    return await _family(api, make, familyId="family", userId="bob")


@case
async def update_family_sharing(api: Api, make: Factories) -> Case:
    return await _family(api, make, familyId="family", sharesWatchlist=False)


@case
async def leave_family(api: Api, make: Factories) -> Case:
    ann, bob = await make.user(), await make.user()
    family = await make.family(ann, bob)
    await make.entry(ann)
    return Case(api.as_(bob), {"id": family.id}, family=family.id)


@case
async def invite_to_family(api: Api, make: Factories) -> Case:
    return await _family(api, make, familyId="family", email="dan@example.com")


async def _sent(api: Api, make: Factories) -> Case:
    ann, bob = await make.user(), await make.user()
    family = await make.family(ann, bob)
    await make.member(family, admin := await make.user(), FamilyRole.ADMIN)
    invitation, _ = await make.invitation(family, "dan@example.com", by=ann)
    return Case(api.as_(admin), {"id": invitation.id}, family=family.id)


@case
async def resend_family_invitation(api: Api, make: Factories) -> Case:
    return await _sent(api, make)


@case
async def revoke_family_invitation(api: Api, make: Factories) -> Case:
    return await _sent(api, make)


async def _invited(api: Api, make: Factories) -> Case:
    ann, dan = await make.user(), await make.user()
    family = await make.family(ann)
    await make.entry(ann)
    invitation, _ = await make.invitation(family, dan.email, by=ann)
    return Case(api.as_(dan), {"id": invitation.id}, family=family.id)


@case
async def accept_family_invitation(api: Api, make: Factories) -> Case:
    return await _invited(api, make)


@case
async def decline_family_invitation(api: Api, make: Factories) -> Case:
    return await _invited(api, make)


async def _staff(api: Api, make: Factories) -> tuple[Api, str, str]:
    """Returns the client of a staff user, and the ids of a title and its streaming provider."""
    ann, film = await make.user(is_staff=True), await make.media()
    offer = await make.provider(film)
    return api.as_(ann, is_staff=True), film.id, offer.id


@case
async def save_media_item(api: Api, make: Factories) -> Case:
    ann, film = await make.user(is_staff=True), await make.media()
    tmdb = {"id": film.tmdb_id, "type": "MOVIE"}
    return Case(api.as_(ann, is_staff=True), {"tmdb": tmdb, "title": "New"}, film.id)


@case
async def delete_media_item(api: Api, make: Factories) -> Case:
    client, film, _ = await _staff(api, make)
    return Case(client, {"id": film}, film)


@case
async def save_streaming_provider(api: Api, make: Factories) -> Case:
    client, film, _ = await _staff(api, make)
    return Case(client, {"media": {"id": film}, "provider": "Another"}, film)


@case
async def delete_streaming_provider(api: Api, make: Factories) -> Case:
    client, film, offer = await _staff(api, make)
    return Case(client, {"id": offer}, film)
