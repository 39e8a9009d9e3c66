"""Root mutation fields of API tokens. They require a session: a token can't create or revoke tokens."""

import strawberry

from infocus_graphql.domains.identity.api_tokens import types, writes
from infocus_graphql.domains.identity.mfa.writes import require_recent_second_factor
from infocus_graphql.domains.identity.users.reads import require_proved_address
from infocus_graphql.graph.context import Context
from infocus_graphql.graph.root import mutation, signed_in
from infocus_graphql.graph.transaction import Guard, guarded
from infocus_graphql.mail.links import Links


@strawberry.type
class ApiTokenMutations:
    """Root mutation fields of API tokens."""

    @mutation(access=signed_in, scope=None)
    async def create_api_token(
        context: Context, input: types.CreateApiTokenInput
    ) -> types.CreateApiTokenPayload:
        """
        Creates an API token, with which a program can act for the viewer within the scopes of the token.
        """
        guards: list[Guard] = [require_recent_second_factor]
        if Links.of(context.services.settings) is not None:
            guards.append(require_proved_address)
        token_id, secret = await context.transaction(
            guarded(writes.create_api_token, *guards),
            name=input.name,
            scopes=input.scopes,
            expires_at=input.token_expires_at,
        )
        return types.CreateApiTokenPayload(
            rows={"api_token": token_id, "viewer": context.viewer.id}, secret=secret
        )

    @mutation(access=signed_in, scope=None)
    async def revoke_api_token(
        context: Context, input: types.RevokeApiTokenInput
    ) -> types.RevokeApiTokenPayload:
        """Deletes an API token. Within a second it is refused everywhere."""
        deleted = await context.transaction(writes.revoke_api_token, token_id=input.id)
        return types.RevokeApiTokenPayload(
            deleted_id=strawberry.ID(deleted), rows={"viewer": context.viewer.id}
        )
