"""Root mutation fields of plays."""

import strawberry

from infocus_graphql.domains.media.fetching import with_title
from infocus_graphql.domains.media.reads import media_ref_arguments
from infocus_graphql.domains.plays import types, writes
from infocus_graphql.domains.plays.dates import watch_date
from infocus_graphql.domains.plays.targets import Target
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.root import mutation, signed_in


@strawberry.type
class PlayMutations:
    """Root mutation fields of plays and progress."""

    @mutation(access=signed_in)
    async def log_watch(context: Context, input: types.LogWatchInput) -> types.LogWatchPayload:
        """
        Logs that the viewer watched a film or episodes, and adds the title to the watchlist.
        The status of the entry becomes WATCHING, or COMPLETED with the film or with the last aired episode of
        a series that has ended. A thing that already has a play within a minute, or with the same day, month
        or year, gets no second one unless `again` is true.
        """
        media = None if input.media is None else media_ref_arguments(input.media, "media")
        target = Target(media, input.episode_ids, input.season_id, input.up_to_episode_id)
        when = watch_date(input.watched_at, input.watched_on, input.precision)

        async def log() -> writes.Logged:
            return await context.transaction(
                writes.log_watch,
                target=target,
                when=when,
                again=input.again,
                streaming_service_id=input.streaming_service_id,
                source=input.source,
                note=input.note,
            )

        logged = await (log() if input.media is None else with_title(context, input.media, log))
        return types.LogWatchPayload(
            ids=logged.play_ids, logged_count=logged.count, rows=_around(context, logged)
        )

    @mutation(access=signed_in)
    async def undo_watch(context: Context, input: types.UndoWatchInput) -> types.UndoWatchPayload:
        """
        Deletes a play of the viewer. If the entry has the status that its plays had given it, it gets the
        status that follows from the remaining plays.
        """
        undone = await context.transaction(writes.undo_watch, play_id=input.watch_event_id)
        return types.UndoWatchPayload(deleted_id=input.watch_event_id, rows=_around(context, undone))

    @mutation(access=signed_in)
    async def start_rewatch(context: Context, input: types.StartRewatchInput) -> types.StartRewatchPayload:
        """
        Starts the progress of an entry again, with the status WATCHING. The plays stay in the history.
        Without a play since the last rewatch, nothing changes.
        """
        started = await context.transaction(writes.start_rewatch, entry_id=input.entry_id)
        return types.StartRewatchPayload(rows=_around(context, started))


def _around(context: Context, logged: writes.Logged) -> dict[str, str | None]:
    return {"entry": logged.entry_id, "media_item": logged.media_item_id, "viewer": context.viewer.id}
