"""Inputs and payloads of the mutations on families."""

import strawberry

from infocus_graphql.domains import refs
from infocus_graphql.domains.families import models
from infocus_graphql.domains.families.models import FamilyRole
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.root import Payload, result


@strawberry.input(description="A new family.")
class CreateFamilyInput:
    name: str = strawberry.field(description="1-100 characters.")


@strawberry.input(description="Changes to a family. A field left out keeps its value.")
class UpdateFamilyInput:
    id: strawberry.ID = strawberry.field(description="The family.")
    name: str | None = strawberry.field(
        description="1-100 characters; can't be null.", default=strawberry.UNSET
    )


@strawberry.input(description="Which family to delete.")
class DeleteFamilyInput:
    id: strawberry.ID = strawberry.field(description="The family.")


@strawberry.input(description="Whom to invite.")
class InviteToFamilyInput:
    family_id: strawberry.ID = strawberry.field(description="The family.")
    email: str = strawberry.field(description="The address to invite.")


@strawberry.input(description="Which invitation to renew.")
class ResendFamilyInvitationInput:
    id: strawberry.ID = strawberry.field(description="The invitation.")


@strawberry.input(description="Which invitation to take back.")
class RevokeFamilyInvitationInput:
    id: strawberry.ID = strawberry.field(description="The invitation.")


@strawberry.input(one_of=True, description="Which invitation to accept: by its id, or by its token.")
class AcceptFamilyInvitationInput:
    id: strawberry.ID | None = strawberry.field(
        description="The invitation's id, as `viewer.familyInvitations` gives it.", default=strawberry.UNSET
    )
    token: str | None = strawberry.field(
        description="The token from the mail, or from the inviter.", default=strawberry.UNSET
    )


@strawberry.input(one_of=True, description="Which invitation to decline: by its id, or by its token.")
class DeclineFamilyInvitationInput:
    id: strawberry.ID | None = strawberry.field(
        description="The invitation's id, as `viewer.familyInvitations` gives it.", default=strawberry.UNSET
    )
    token: str | None = strawberry.field(
        description="The token from the mail, or from the inviter.", default=strawberry.UNSET
    )


@strawberry.input(description="A member's new role.")
class UpdateFamilyMemberRoleInput:
    family_id: strawberry.ID = strawberry.field(description="The family.")
    user_id: strawberry.ID = strawberry.field(description="The member.")
    role: FamilyRole = strawberry.field(description="ADMIN or MEMBER; ownership changes by transfer.")


@strawberry.input(description="The family's new owner.")
class TransferFamilyOwnershipInput:
    family_id: strawberry.ID = strawberry.field(description="The family.")
    to_user_id: strawberry.ID = strawberry.field(description="The member who will own it.")


@strawberry.input(description="Whom to remove.")
class RemoveFamilyMemberInput:
    family_id: strawberry.ID = strawberry.field(description="The family.")
    user_id: strawberry.ID = strawberry.field(description="The member.")


@strawberry.input(description="Which family to leave.")
class LeaveFamilyInput:
    id: strawberry.ID = strawberry.field(description="The family.")


@strawberry.input(description="What to share with a family. A field left out keeps its value.")
class UpdateFamilySharingInput:
    family_id: strawberry.ID = strawberry.field(description="The family.")
    watchlist: bool | None = strawberry.field(
        description="Whether it sees the viewer's watchlist; can't be null.", default=strawberry.UNSET
    )


@strawberry.type(description="The new family.")
class CreateFamilyPayload(Payload):
    family: refs.Family | None = result(models.Family, "The family; you own it.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="The changed family.")
class UpdateFamilyPayload(Payload):
    family: refs.Family | None = result(models.Family, "The family as it is now.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="What was deleted.")
class DeleteFamilyPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(description="The id of what is gone.", default=None)
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="The invitation and its token.")
class InviteToFamilyPayload(Payload):
    invitation: refs.FamilyInvitation | None = result(models.FamilyInvitation, "The pending invitation.")
    token: str | None = strawberry.field(
        description="For the invited user; only the inviter is shown it. It lets in a user who has confirmed "
        "the address; the mail brings another token, which confirms it.",
        default=None,
    )
    family: refs.Family | None = result(models.Family, "The family.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="The renewed invitation and its token.")
class ResendFamilyInvitationPayload(Payload):
    invitation: refs.FamilyInvitation | None = result(models.FamilyInvitation, "The pending invitation.")
    token: str | None = strawberry.field(
        description="The same token as before, for the invited user.", default=None
    )
    family: refs.Family | None = result(models.Family, "The family.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="The revoked invitation.")
class RevokeFamilyInvitationPayload(Payload):
    invitation: refs.FamilyInvitation | None = result(models.FamilyInvitation, "The invitation as it is now.")
    family: refs.Family | None = result(models.Family, "The family.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="The new membership.")
class AcceptFamilyInvitationPayload(Payload):
    membership: refs.FamilyMembership | None = result(models.FamilyMembership, "Your membership.")
    invitation: refs.FamilyInvitation | None = result(models.FamilyInvitation, "The invitation as it is now.")
    family: refs.Family | None = result(models.Family, "The family.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="The declined invitation.")
class DeclineFamilyInvitationPayload(Payload):
    invitation: refs.FamilyInvitation | None = result(models.FamilyInvitation, "The invitation as it is now.")
    family: refs.Family | None = result(models.Family, "The family; null unless the viewer is in it.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="The changed membership.")
class UpdateFamilyMemberRolePayload(Payload):
    membership: refs.FamilyMembership | None = result(models.FamilyMembership, "The membership as it is now.")
    family: refs.Family | None = result(models.Family, "The family.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="The family with its new owner.")
class TransferFamilyOwnershipPayload(Payload):
    family: refs.Family | None = result(models.Family, "The family as it is now.")
    membership: refs.FamilyMembership | None = result(
        models.FamilyMembership,
        "The new owner's membership. The viewer's own is `family { viewerMembership }`.",
    )
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="What was removed.")
class RemoveFamilyMemberPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(description="The id of the membership.", default=None)
    family: refs.Family | None = result(models.Family, "The family.")
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="What was ended.")
class LeaveFamilyPayload(Payload):
    deleted_id: strawberry.ID | None = strawberry.field(description="The id of the membership.", default=None)
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.type(description="The changed membership.")
class UpdateFamilySharingPayload(Payload):
    membership: refs.FamilyMembership | None = result(models.FamilyMembership, "The membership as it is now.")
    family: refs.Family | None = result(models.Family, "The family.")
    viewer: refs.Viewer | None = result(User, "The viewer.")
