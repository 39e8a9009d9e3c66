"""GraphQL object types of families. Inputs and payloads are in `inputs`."""

from infocus_graphql.domains.families.models import FamilyInvitationStatus, FamilyRole
from infocus_graphql.domains.families.types.objects import (
    Family,
    FamilyInvitation,
    FamilyInvitationPreview,
    FamilyMembership,
    ViewerFamilyConnection,
)

__all__ = [
    "Family",
    "FamilyInvitation",
    "FamilyInvitationPreview",
    "FamilyInvitationStatus",
    "FamilyMembership",
    "FamilyRole",
    "ViewerFamilyConnection",
]
