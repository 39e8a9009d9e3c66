"""Settings are visible to their own user only."""

from infocus_graphql.db.visibility import visible_by
from infocus_graphql.domains.identity.sessions.policy import is_user
from infocus_graphql.domains.identity.user_settings.models import UserService, UserSettings

visible_by(UserSettings, "user_id", is_user)
visible_by(UserService, "user_id", is_user)
