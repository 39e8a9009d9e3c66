"""Root mutation fields of data exports and account deletion."""

from datetime import timedelta

import strawberry

from infocus_graphql.core.errors import Problems, Refused
from infocus_graphql.core.viewer import ApiScope
from infocus_graphql.domains.identity.mfa.writes import require_recent_second_factor
from infocus_graphql.domains.identity.sessions.password_checks import check_password
from infocus_graphql.domains.identity.users.reads import load_own_user
from infocus_graphql.domains.privacy import types
from infocus_graphql.domains.privacy.writes import deletions, exports
from infocus_graphql.domains.privacy.writes.ownership_transfers import (
    OwnershipTransfer,
    check_ownership_transfers,
)
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.root import mutation, signed_in
from infocus_graphql.graph.transaction import guarded
from infocus_graphql.rate_limiting.rules import LimitedAction


@strawberry.type
class PersonalDataMutations:
    """Root mutation fields of data exports and account deletion."""

    @mutation(access=signed_in, scope=ApiScope.ACCOUNT, rate=LimitedAction.DATA_EXPORT)
    async def request_data_export(
        context: Context, input: types.RequestDataExportInput | None = None
    ) -> types.RequestDataExportPayload:
        """
        Requests a copy of all data about the viewer. The viewer gets an e-mail when it is ready. While an
        export is in progress, returns that one.
        """
        reuse_existing = input.reuse_existing if input is not None else False
        export_id = await context.transaction(exports.request_export, reuse_existing=reuse_existing)
        return types.RequestDataExportPayload(rows={"data_export": export_id, "viewer": context.viewer.id})

    @mutation(access=signed_in, scope=ApiScope.ACCOUNT, rate=LimitedAction.ACCOUNT_DELETION)
    async def request_account_deletion(
        context: Context, input: types.RequestAccountDeletionInput
    ) -> types.RequestAccountDeletionPayload:
        """
        Schedules the deletion of the viewer's account in some days; until then it can be cancelled. Families
        with other members that the viewer owns must be transferred or deleted. Calling it again replaces
        `families` and keeps the date.
        """
        decided = [
            OwnershipTransfer(str(each.family_id), _text(each.transfer_to_user_id), each.delete_family)
            for each in input.families
        ]
        user = await context.read(load_own_user)
        with Problems() as problems:
            try:
                await check_password(context, user, input.password)
            except Refused as error:
                problems.add(error)
            await context.read(check_ownership_transfers, decided=decided)
        user_id = await context.transaction(
            guarded(deletions.request_deletion, require_recent_second_factor),
            password_hash=user.password_hash,
            decided=decided,
            grace=timedelta(days=context.services.settings.account_deletion_days),
        )
        return types.RequestAccountDeletionPayload(rows={"viewer": user_id})

    @mutation(access=signed_in, scope=ApiScope.ACCOUNT)
    async def cancel_account_deletion(
        context: Context, input: types.CancelAccountDeletionInput | None = None
    ) -> types.CancelAccountDeletionPayload:
        """Cancels the scheduled deletion of the viewer's account."""
        expected = input.expected_scheduled_at if input is not None else None
        user_id = await context.transaction(deletions.cancel_deletion, expected_scheduled_at=expected)
        return types.CancelAccountDeletionPayload(rows={"viewer": user_id})


def _text(value: strawberry.ID | None) -> str | None:
    return None if value is None else str(value)
