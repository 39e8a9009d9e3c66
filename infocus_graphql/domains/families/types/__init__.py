"""GraphQL types of families: the objects here, inputs and payloads in `changes`."""

from infocus_graphql.domains.families.models import FamilyRole, InvitationStatus
from infocus_graphql.domains.families.types.objects import (
    Family,
    FamilyInvitation,
    FamilyMembership,
    InvitationPreview,
)

__all__ = [
    "Family",
    "FamilyInvitation",
    "FamilyMembership",
    "FamilyRole",
    "InvitationPreview",
    "InvitationStatus",
]
