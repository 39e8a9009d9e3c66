"""Deliveries are visible to their own user only."""

from infocus_graphql.db.visibility import visible_by
from infocus_graphql.domains.deliveries.models import Delivery
from infocus_graphql.domains.identity.sessions.policy import is_user

visible_by(Delivery, "user_id", is_user)
