"""What each mutation's payload contains: the objects whose values, lists or counts it changes."""

from typing import Any, Final

import pytest
from graphql import get_named_type, is_leaf_type

from infocus_graphql.graph.declarations import ACCESS, Result, declared_by, strawberry_field
from infocus_graphql.graph.root import Access
from infocus_graphql.schema import schema

mutations: Any = schema._schema.mutation_type
_OPENS_SESSION: Final = "session viewer"
# The objects of each payload, and `deletedId` where an object is gone. `viewer` is everywhere where a user is
# signed in after the mutation: its watchlist, families, sessions or audit log changes.
PAYLOADS: Final = {
    "register": _OPENS_SESSION,
    "verifyEmail": _OPENS_SESSION,
    "requestEmailVerification": "viewer",
    "requestPasswordReset": "",
    "resetPassword": "",
    "requestEmailChange": "viewer",
    "confirmEmailChange": "viewer",
    "signIn": _OPENS_SESSION,
    "refreshSession": _OPENS_SESSION,
    "signOut": "",
    "revokeSession": "session viewer",
    "changePassword": "viewer",
    "signInWithSecondFactor": _OPENS_SESSION,
    "startSecondFactorSetup": "viewer",
    "confirmSecondFactor": "viewer",
    "disableSecondFactor": "viewer",
    "regenerateBackupCodes": "viewer",
    "verifySecondFactor": "viewer",
    "startPasskeyRegistration": "viewer",
    "finishPasskeyRegistration": "passkey viewer",
    "startPasskeySignIn": "",
    "signInWithPasskey": _OPENS_SESSION,
    "startPasskeyVerification": "viewer",
    "verifyPasskey": "passkey viewer",
    "renamePasskey": "passkey viewer",
    "removePasskey": "deletedId viewer",
    "createApiToken": "apiToken viewer",
    "revokeApiToken": "deletedId viewer",
    "updateProfile": "viewer",
    "requestDataExport": "dataExport viewer",
    "requestAccountDeletion": "viewer",
    "cancelAccountDeletion": "viewer",
    "addToWatchlist": "entry mediaItem viewer",
    "updateWatchlistEntry": "entry mediaItem viewer",
    "removeFromWatchlist": "deletedId mediaItem viewer",
    "createFamily": "family viewer",
    "updateFamily": "family viewer",
    "deleteFamily": "deletedId viewer",
    "inviteToFamily": "invitation family viewer",
    "resendFamilyInvitation": "invitation family viewer",
    "revokeFamilyInvitation": "invitation family viewer",
    "acceptFamilyInvitation": "membership invitation family viewer",
    "declineFamilyInvitation": "invitation family viewer",
    "updateFamilyMemberRole": "membership family viewer",
    "transferFamilyOwnership": "membership family viewer",
    "removeFamilyMember": "deletedId family viewer",
    "leaveFamily": "deletedId viewer",
    "updateFamilySharing": "membership family viewer",
    "recommend": "recommendations mediaItem viewer",
    "acceptRecommendation": "recommendation entry mediaItem viewer",
    "rejectRecommendation": "recommendation mediaItem viewer",
    "withdrawRecommendation": "deletedId mediaItem viewer",
    "saveMediaItem": "mediaItem viewer",
    "deleteMediaItem": "deletedId viewer",
    "saveStreamingProvider": "streamingProvider mediaItem viewer",
    "deleteStreamingProvider": "deletedId mediaItem viewer",
}


def test_every_mutation_is_in_the_table() -> None:
    assert set(PAYLOADS) == set(mutations.fields)


@pytest.mark.parametrize("mutation", PAYLOADS)
def test_a_payload_contains_the_changed_objects(mutation: str) -> None:
    fields = get_named_type(mutations.fields[mutation].type).fields
    objects = {
        name
        for name, field in fields.items()
        if name == "deletedId" or (name != "errors" and not is_leaf_type(get_named_type(field.type)))
    }
    assert objects == set(PAYLOADS[mutation].split())
    # Declared ones are read by the plan engine, after the commit and as far as the viewer may see them.
    assert all(isinstance(declared_by(fields[name]), Result) for name in objects - {"deletedId"})


@pytest.mark.parametrize("mutation", PAYLOADS)
def test_a_mutation_of_a_signed_in_user_returns_the_viewer(mutation: str) -> None:
    field = strawberry_field(mutations.fields[mutation])
    assert field is not None
    if field.metadata[ACCESS] in (Access.SIGNED_IN, Access.STAFF):
        assert "viewer" in PAYLOADS[mutation].split()
