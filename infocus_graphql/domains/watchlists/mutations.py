"""Root mutation fields of watchlists."""

from typing import Final, TypeVar

import strawberry

from infocus_graphql.domains.media.fetching import with_title
from infocus_graphql.domains.watchlists import bulk, types, writes
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.inputs import provided_fields
from infocus_graphql.graph.root import mutation, signed_in

BULK: Final = 10_000  # the cost of a bulk mutation with 500 items
P = TypeVar("P", bound=types.BulkPayload)


@strawberry.type
class WatchlistMutations:
    """Root mutation fields of the viewer's watchlist."""

    @mutation(access=signed_in)
    async def add_to_watchlist(
        context: Context, input: types.AddToWatchlistInput
    ) -> types.AddToWatchlistPayload:
        """
        Adds a title to the viewer's watchlist. A title of TMDB that the catalogue does not have yet is
        fetched first. If it is already on the list, returns ALREADY_EXISTS with the entry.
        """
        given = provided_fields(input, without=("media",))
        added = await with_title(
            context,
            input.media,
            lambda: context.transaction(writes.add_to_watchlist, media=input.media, **given),
        )
        return types.AddToWatchlistPayload(rows={"entry": added.entry_id, **_around(context, added)})

    @mutation(access=signed_in)
    async def update_watchlist_entry(
        context: Context, input: types.UpdateWatchlistEntryInput
    ) -> types.UpdateWatchlistEntryPayload:
        """Changes an entry of the viewer's watchlist."""
        changed = await context.transaction(
            writes.update_watchlist_entry, entry_id=input.id, **provided_fields(input, without=("id",))
        )
        return types.UpdateWatchlistEntryPayload(
            rows={"entry": changed.entry_id, **_around(context, changed)}
        )

    @mutation(access=signed_in, weight=BULK)
    async def add_many_to_watchlist(
        context: Context, input: types.AddManyToWatchlistInput
    ) -> types.AddManyToWatchlistPayload:
        """
        Adds up to 500 titles of the catalogue to the viewer's watchlist. Each item has its own outcome: valid
        items are added in one transaction, the others have `itemErrors`. Titles are not fetched from TMDB.
        """
        items = [provided_fields(each) for each in input.items]
        return _outcomes(
            context,
            types.AddManyToWatchlistPayload,
            await context.transaction(bulk.add_many_to_watchlist, items=items),
        )

    @mutation(access=signed_in, weight=BULK)
    async def update_many_watchlist_entries(
        context: Context, input: types.UpdateManyWatchlistEntriesInput
    ) -> types.UpdateManyWatchlistEntriesPayload:
        """
        Changes up to 500 entries of the viewer's watchlist. Each item has its own outcome: valid items are
        applied in one transaction, the others have `itemErrors`.
        """
        items = [provided_fields(each) for each in input.items]
        return _outcomes(
            context,
            types.UpdateManyWatchlistEntriesPayload,
            await context.transaction(bulk.update_many_watchlist_entries, items=items),
        )

    @mutation(access=signed_in)
    async def remove_from_watchlist(
        context: Context, input: types.RemoveFromWatchlistInput
    ) -> types.RemoveFromWatchlistPayload:
        """Deletes an entry of the viewer's watchlist, with its plays."""
        removed = await context.transaction(writes.remove_from_watchlist, entry_id=input.entry_id)
        return types.RemoveFromWatchlistPayload(
            deleted_id=strawberry.ID(removed.entry_id), rows=_around(context, removed)
        )


def _outcomes(context: Context, payload: type[P], outcomes: bulk.Outcomes) -> P:
    """Returns the payload, in which refusals are plain values, so that it can be stored for retries."""
    return payload(
        ids=tuple(each or "" for each in outcomes.entry_ids),
        refused_items=tuple(
            [each.code.value, each.message, each.path, each.minimum, each.maximum, each.existing_id]
            for each in outcomes.refusals
        ),
        rows={"viewer": context.viewer.id},
    )


def _around(context: Context, changed: writes.Changed) -> dict[str, str | None]:
    """Returns the payload rows whose lists and counts depend on a changed entry."""
    return {"media_item": changed.media_item_id, "viewer": context.viewer.id}
