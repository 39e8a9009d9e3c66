"""Root mutation fields of families."""

import strawberry

from infocus_graphql.core.viewer import ApiScope
from infocus_graphql.domains.families.types import inputs
from infocus_graphql.domains.families.writes import families, invitation_replies, invitations, members
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.inputs import provided_fields
from infocus_graphql.graph.root import mutation, signed_in
from infocus_graphql.mail.links import Links
from infocus_graphql.rate_limiting.rules import LimitedAction


@strawberry.type
class FamilyMutations:
    """Root mutation fields of families, members and invitations."""

    @mutation(access=signed_in)
    async def create_family(context: Context, input: inputs.CreateFamilyInput) -> inputs.CreateFamilyPayload:
        """Creates a family with the viewer as its owner."""
        family_id = await context.transaction(families.create_family, name=input.name)
        return inputs.CreateFamilyPayload(rows={"family": family_id, "viewer": context.viewer.id})

    @mutation(access=signed_in, scope=ApiScope.FAMILY_ADMIN)
    async def update_family(context: Context, input: inputs.UpdateFamilyInput) -> inputs.UpdateFamilyPayload:
        """Renames a family. Requires the role OWNER or ADMIN."""
        values = provided_fields(input, without=("id",))
        changed = await context.transaction(families.update_family, family_id=input.id, **values)
        return inputs.UpdateFamilyPayload(rows={"family": changed, "viewer": context.viewer.id})

    @mutation(access=signed_in, scope=ApiScope.FAMILY_ADMIN)
    async def delete_family(context: Context, input: inputs.DeleteFamilyInput) -> inputs.DeleteFamilyPayload:
        """
        Deletes a family with its memberships and invitations. The members' watchlists are not affected.
        Requires the role OWNER.
        """
        deleted = await context.transaction(families.delete_family, family_id=input.id)
        return inputs.DeleteFamilyPayload(
            deleted_id=strawberry.ID(deleted), rows={"viewer": context.viewer.id}
        )

    @mutation(access=signed_in, scope=ApiScope.FAMILY_ADMIN, rate=LimitedAction.INVITATION)
    async def invite_to_family(
        context: Context, input: inputs.InviteToFamilyInput
    ) -> inputs.InviteToFamilyPayload:
        """
        Sends an invitation by e-mail. A pending invitation of the address is extended and sent again.
        Requires the role OWNER or ADMIN. Errors: ALREADY_EXISTS for a member.
        """
        issued = await context.transaction(
            invitations.invite_to_family,
            family_id=input.family_id,
            email=input.email,
            derive=context.services.tokens.derived,
            links=Links.of(context.services.settings),
        )
        return inputs.InviteToFamilyPayload(rows=_invitation_rows(context, issued), token=issued.token)

    @mutation(access=signed_in, scope=ApiScope.FAMILY_ADMIN, rate=LimitedAction.INVITATION)
    async def resend_family_invitation(
        context: Context, input: inputs.ResendFamilyInvitationInput
    ) -> inputs.ResendFamilyInvitationPayload:
        """
        Sends a pending invitation again and extends it by seven days. Its links do not change: if a link
        was disclosed, revoke the invitation and create another one. Requires the role OWNER or ADMIN.
        """
        issued = await context.transaction(
            invitations.resend_family_invitation,
            invitation_id=input.id,
            derive=context.services.tokens.derived,
            links=Links.of(context.services.settings),
        )
        return inputs.ResendFamilyInvitationPayload(
            rows=_invitation_rows(context, issued), token=issued.token
        )

    @mutation(access=signed_in, scope=ApiScope.FAMILY_ADMIN)
    async def revoke_family_invitation(
        context: Context, input: inputs.RevokeFamilyInvitationInput
    ) -> inputs.RevokeFamilyInvitationPayload:
        """Revokes a pending invitation. Requires the role OWNER or ADMIN."""
        revoked = await context.transaction(invitations.revoke_family_invitation, invitation_id=input.id)
        return inputs.RevokeFamilyInvitationPayload(rows=_invitation_rows(context, revoked))

    @mutation(access=signed_in)
    async def accept_family_invitation(
        context: Context, input: inputs.AcceptFamilyInvitationInput
    ) -> inputs.AcceptFamilyInvitationPayload:
        """
        Makes the viewer a member of the family. The invitation must be to the viewer's verified e-mail
        address; the token from the e-mail verifies it. Errors: NOT_FOUND, EXPIRED, ALREADY_PROCESSED,
        EMAIL_NOT_VERIFIED.
        """
        joined = await context.transaction(invitation_replies.accept_family_invitation, **_named(input))
        return inputs.AcceptFamilyInvitationPayload(
            rows={"membership": joined.membership_id, **_invitation_rows(context, joined)}
        )

    @mutation(access=signed_in)
    async def decline_family_invitation(
        context: Context, input: inputs.DeclineFamilyInvitationInput
    ) -> inputs.DeclineFamilyInvitationPayload:
        """Declines an invitation to the viewer's verified e-mail address."""
        declined = await context.transaction(invitation_replies.decline_family_invitation, **_named(input))
        return inputs.DeclineFamilyInvitationPayload(rows=_invitation_rows(context, declined))

    @mutation(access=signed_in, scope=ApiScope.FAMILY_ADMIN)
    async def update_family_member_role(
        context: Context, input: inputs.UpdateFamilyMemberRoleInput
    ) -> inputs.UpdateFamilyMemberRolePayload:
        """Changes the role of a member to ADMIN or MEMBER. Requires the role OWNER."""
        changed = await context.transaction(
            members.update_family_member_role,
            family_id=input.family_id,
            user_id=input.user_id,
            role=input.role,
        )
        return inputs.UpdateFamilyMemberRolePayload(
            rows={"membership": changed, "family": input.family_id, "viewer": context.viewer.id}
        )

    @mutation(access=signed_in, scope=ApiScope.FAMILY_ADMIN)
    async def transfer_family_ownership(
        context: Context, input: inputs.TransferFamilyOwnershipInput
    ) -> inputs.TransferFamilyOwnershipPayload:
        """
        Makes another member the owner of the family. The viewer becomes an admin. Requires the role OWNER.
        """
        owner = await context.transaction(
            members.transfer_family_ownership, family_id=input.family_id, to_user_id=input.to_user_id
        )
        return inputs.TransferFamilyOwnershipPayload(
            rows={"family": input.family_id, "membership": owner, "viewer": context.viewer.id}
        )

    @mutation(access=signed_in, scope=ApiScope.FAMILY_ADMIN)
    async def remove_family_member(
        context: Context, input: inputs.RemoveFamilyMemberInput
    ) -> inputs.RemoveFamilyMemberPayload:
        """
        Removes a member from a family. Admins can remove members with the role MEMBER; the owner can remove
        all others.
        """
        removed = await context.transaction(
            members.remove_family_member, family_id=input.family_id, user_id=input.user_id
        )
        return inputs.RemoveFamilyMemberPayload(
            deleted_id=strawberry.ID(removed),
            rows={"family": input.family_id, "viewer": context.viewer.id},
        )

    @mutation(access=signed_in)
    async def leave_family(context: Context, input: inputs.LeaveFamilyInput) -> inputs.LeaveFamilyPayload:
        """Ends the viewer's membership of a family. Returns OWNER_CANNOT_LEAVE to the owner."""
        membership_id = await context.transaction(members.leave_family, family_id=input.id)
        return inputs.LeaveFamilyPayload(
            deleted_id=strawberry.ID(membership_id), rows={"viewer": context.viewer.id}
        )

    @mutation(access=signed_in)
    async def update_family_sharing(
        context: Context, input: inputs.UpdateFamilySharingInput
    ) -> inputs.UpdateFamilySharingPayload:
        """Changes what the viewer shares with a family."""
        changed = await context.transaction(members.update_family_sharing, **provided_fields(input))
        return inputs.UpdateFamilySharingPayload(
            rows={"membership": changed, "family": input.family_id, "viewer": context.viewer.id}
        )


def _invitation_rows(
    context: Context, changed: invitations.IssuedInvitation | invitations.Changed
) -> dict[str, str | None]:
    """Returns the payload rows of a mutation on an invitation."""
    return {
        "invitation": changed.invitation_id,
        "family": changed.family_id,
        "viewer": context.viewer.id,
    }


def _named(
    input: inputs.AcceptFamilyInvitationInput | inputs.DeclineFamilyInvitationInput,
) -> dict[str, str]:
    """Returns the invitation's id or token as the keyword argument of a use case."""
    return {
        "invitation_id" if name == "id" else name: value for name, value in provided_fields(input).items()
    }
