"""GraphQL object types of users. Inputs and payloads are in `inputs`."""

from infocus_graphql.domains.identity.users.types.objects import Profile, User, Viewer

__all__ = ["Profile", "User", "Viewer"]
