"""Root mutation fields of exports and of deleting one's account."""

from datetime import timedelta

import strawberry

from infocus_graphql.core.errors import Problems
from infocus_graphql.core.viewer import ApiScope
from infocus_graphql.domains.identity.mfa.writes import require_recent_second_factor
from infocus_graphql.domains.identity.sessions.writes import own_account
from infocus_graphql.domains.privacy import types
from infocus_graphql.domains.privacy.writes import deletions, exports
from infocus_graphql.domains.privacy.writes.ownership_transfers import Succession, check_successions
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.rate_limits import attempt
from infocus_graphql.graph.root import mutation, signed_in
from infocus_graphql.rate_limiting.rules import Limited
from infocus_graphql.security.passwords import plausible_password


@strawberry.type
class PersonalDataMutations:
    """A copy of one's data, and the end of one's account."""

    @mutation(access=signed_in, scope=ApiScope.ACCOUNT, rate=Limited.DATA_EXPORT)
    async def request_data_export(
        context: Context, input: types.RequestDataExportInput | None = None
    ) -> types.RequestDataExportPayload:
        """
        Requests a copy of all data about the viewer. The viewer gets an e-mail when it is ready. While an
        export is in progress, returns that one.
        """
        reuse_existing = input.reuse_existing if input is not None else False
        made = await context.write(exports.request_export, reuse_existing=reuse_existing)
        return types.RequestDataExportPayload(rows={"data_export": made, "viewer": context.viewer.id})

    @mutation(access=signed_in, scope=ApiScope.ACCOUNT, rate=Limited.ACCOUNT_DELETION)
    async def request_account_deletion(
        context: Context, input: types.RequestAccountDeletionInput
    ) -> types.RequestAccountDeletionPayload:
        """
        Schedules the deletion of the viewer's account in some days; until then it can be cancelled. Families
        with other members that the viewer owns must be transferred or deleted. Calling it again replaces
        `families` and keeps the date.
        """
        decided = [
            Succession(str(each.family_id), _text(each.transfer_to_user_id), each.delete_family)
            for each in input.families
        ]
        tried = await attempt(context, context.viewer.id)
        account = await context.write(own_account)
        encoded = account.password_hash if plausible_password(input.password) else None
        with Problems() as problems:
            if await context.services.passwords.verify(encoded, input.password if encoded else ""):
                await tried.succeed()
            else:
                problems.add(deletions.wrong_password())
            await context.write(check_successions, decided=decided)
        await context.write(require_recent_second_factor)
        waiting = await context.write(
            deletions.request_deletion,
            password_hash=account.password_hash,
            decided=decided,
            grace=timedelta(days=context.services.settings.account_deletion_days),
        )
        return types.RequestAccountDeletionPayload(rows={"viewer": waiting})

    @mutation(access=signed_in, scope=ApiScope.ACCOUNT)
    async def cancel_account_deletion(
        context: Context, input: types.CancelAccountDeletionInput | None = None
    ) -> types.CancelAccountDeletionPayload:
        """Cancels the scheduled deletion of the viewer's account."""
        expected = input.expected_scheduled_at if input is not None else None
        kept = await context.write(deletions.cancel_deletion, expected_scheduled_at=expected)
        return types.CancelAccountDeletionPayload(rows={"viewer": kept})


def _text(given: strawberry.ID | None) -> str | None:
    return None if given is None else str(given)
