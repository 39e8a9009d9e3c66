"""GraphQL types of families: the objects here, inputs and payloads in `changes`."""

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
