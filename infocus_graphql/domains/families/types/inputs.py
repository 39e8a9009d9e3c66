"""Inputs and payloads of the mutations on families."""

import strawberry

from infocus_graphql.domains import refs
from infocus_graphql.domains.families import models
from infocus_graphql.domains.families.models import FamilyRole
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.root import Payload, result, secret_result


@strawberry.input(description="Input of `createFamily`.")
class CreateFamilyInput:
    name: str = strawberry.field(description="The name of the family, 1-100 characters.")


@strawberry.input(description="Input of `updateFamily`. Omitted fields keep their value.")
class UpdateFamilyInput:
    id: strawberry.ID = strawberry.field(description="The id of the family.")
    name: str | None = strawberry.field(
        description="The name of the family, 1-100 characters; can't be null.", default=strawberry.UNSET
    )


@strawberry.input(description="Input of `deleteFamily`.")
class DeleteFamilyInput:
    id: strawberry.ID = strawberry.field(description="The id of the family.")


@strawberry.input(description="Input of `inviteToFamily`.")
class InviteToFamilyInput:
    family_id: strawberry.ID = strawberry.field(description="The id of the family.")
    email: str = strawberry.field(description="The e-mail address to invite.")


@strawberry.input(description="Input of `resendFamilyInvitation`.")
class ResendFamilyInvitationInput:
    id: strawberry.ID = strawberry.field(description="The id of the invitation.")


@strawberry.input(description="Input of `revokeFamilyInvitation`.")
class RevokeFamilyInvitationInput:
    id: strawberry.ID = strawberry.field(description="The id of the invitation.")


@strawberry.input(
    one_of=True,
    description="Input of `acceptFamilyInvitation`: either the id or the token of the invitation.",
)
class AcceptFamilyInvitationInput:
    id: strawberry.ID | None = strawberry.field(
        description="The id of the invitation; see `viewer.familyInvitations`.", default=strawberry.UNSET
    )
    token: str | None = strawberry.field(
        description="The token from the invitation e-mail, or from the inviter.", default=strawberry.UNSET
    )


@strawberry.input(
    one_of=True,
    description="Input of `declineFamilyInvitation`: either the id or the token of the invitation.",
)
class DeclineFamilyInvitationInput:
    id: strawberry.ID | None = strawberry.field(
        description="The id of the invitation; see `viewer.familyInvitations`.", default=strawberry.UNSET
    )
    token: str | None = strawberry.field(
        description="The token from the invitation e-mail, or from the inviter.", default=strawberry.UNSET
    )


@strawberry.input(description="Input of `updateFamilyMemberRole`.")
class UpdateFamilyMemberRoleInput:
    family_id: strawberry.ID = strawberry.field(description="The id of the family.")
    user_id: strawberry.ID = strawberry.field(description="The id of the member.")
    role: FamilyRole = strawberry.field(
        description="The new role: ADMIN or MEMBER. Use `transferFamilyOwnership` for OWNER."
    )


@strawberry.input(description="Input of `transferFamilyOwnership`.")
class TransferFamilyOwnershipInput:
    family_id: strawberry.ID = strawberry.field(description="The id of the family.")
    to_user_id: strawberry.ID = strawberry.field(description="The id of the member who becomes the owner.")


@strawberry.input(description="Input of `removeFamilyMember`.")
class RemoveFamilyMemberInput:
    family_id: strawberry.ID = strawberry.field(description="The id of the family.")
    user_id: strawberry.ID = strawberry.field(description="The id of the member.")


@strawberry.input(description="Input of `leaveFamily`.")
class LeaveFamilyInput:
    id: strawberry.ID = strawberry.field(description="The id of the family.")


@strawberry.input(description="Input of `updateFamilySharing`. Omitted fields keep their value.")
class UpdateFamilySharingInput:
    family_id: strawberry.ID = strawberry.field(description="The id of the family.")
    shares_watchlist: bool | None = strawberry.field(
        description="Whether the members of the family can see the viewer's watchlist; can't be null.",
        default=strawberry.UNSET,
    )


@strawberry.type(description="Result of `createFamily`.")
class CreateFamilyPayload(Payload):
    family: refs.Family | None = result(models.Family, "The new family; null on failure.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="Result of `updateFamily`.")
class UpdateFamilyPayload(Payload):
    family: refs.Family | None = result(models.Family, "The updated family; null on failure.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="Result of `deleteFamily`.")
class DeleteFamilyPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        description="The id of the deleted object; null on failure.", default=None
    )
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="Result of `inviteToFamily`.")
class InviteToFamilyPayload(Payload):
    invitation: refs.FamilyInvitation | None = result(
        models.FamilyInvitation, "The pending invitation; null on failure."
    )
    token: str | None = secret_result(
        "A token with which the invited user can accept, if their e-mail address is verified. "
        "Only the inviter can read it. The token in the e-mail is another one, which also "
        "verifies the address. Null on failure."
    )
    family: refs.Family | None = result(models.Family, "The family.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="Result of `resendFamilyInvitation`.")
class ResendFamilyInvitationPayload(Payload):
    invitation: refs.FamilyInvitation | None = result(
        models.FamilyInvitation, "The pending invitation; null on failure."
    )
    token: str | None = secret_result("The token for the invited user; it does not change. Null on failure.")
    family: refs.Family | None = result(models.Family, "The family.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="Result of `revokeFamilyInvitation`.")
class RevokeFamilyInvitationPayload(Payload):
    invitation: refs.FamilyInvitation | None = result(
        models.FamilyInvitation, "The updated invitation; null on failure."
    )
    family: refs.Family | None = result(models.Family, "The family.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="Result of `acceptFamilyInvitation`.")
class AcceptFamilyInvitationPayload(Payload):
    membership: refs.FamilyMembership | None = result(
        models.FamilyMembership, "The viewer's new membership; null on failure."
    )
    invitation: refs.FamilyInvitation | None = result(
        models.FamilyInvitation, "The updated invitation; null on failure."
    )
    family: refs.Family | None = result(models.Family, "The family.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="Result of `declineFamilyInvitation`.")
class DeclineFamilyInvitationPayload(Payload):
    invitation: refs.FamilyInvitation | None = result(
        models.FamilyInvitation, "The updated invitation; null on failure."
    )
    family: refs.Family | None = result(models.Family, "The family; null unless the viewer is a member.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="Result of `updateFamilyMemberRole`.")
class UpdateFamilyMemberRolePayload(Payload):
    membership: refs.FamilyMembership | None = result(
        models.FamilyMembership, "The updated membership; null on failure."
    )
    family: refs.Family | None = result(models.Family, "The family.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="Result of `transferFamilyOwnership`.")
class TransferFamilyOwnershipPayload(Payload):
    family: refs.Family | None = result(models.Family, "The updated family; null on failure.")
    membership: refs.FamilyMembership | None = result(
        models.FamilyMembership,
        "The membership of the new owner; null on failure. The viewer's is `family { viewerMembership }`.",
    )
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="Result of `removeFamilyMember`.")
class RemoveFamilyMemberPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        description="The id of the deleted membership; null on failure.", default=None
    )
    family: refs.Family | None = result(models.Family, "The family.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="Result of `leaveFamily`.")
class LeaveFamilyPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(
        description="The id of the deleted membership; null on failure.", default=None
    )
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="Result of `updateFamilySharing`.")
class UpdateFamilySharingPayload(Payload):
    membership: refs.FamilyMembership | None = result(
        models.FamilyMembership, "The updated membership; null on failure."
    )
    family: refs.Family | None = result(models.Family, "The family.")
    viewer: refs.Viewer | None = result(User, "The viewer.")
