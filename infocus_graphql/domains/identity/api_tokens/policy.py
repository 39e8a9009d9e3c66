"""API tokens are visible to their own user only."""

from infocus_graphql.db.visibility import visible_by
from infocus_graphql.domains.identity.api_tokens.models import ApiToken
from infocus_graphql.domains.identity.sessions.policy import is_user

visible_by(ApiToken, "user_id", is_user)
