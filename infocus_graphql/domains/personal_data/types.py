"""GraphQL types of exports and of deleting one's account."""

from datetime import datetime
from typing import TypeAlias

import strawberry

from infocus_graphql.db.links import Link
from infocus_graphql.domains.accounts.models import User
from infocus_graphql.domains.families.models import Family
from infocus_graphql.domains.personal_data import models
from infocus_graphql.domains.personal_data.reads.requests import needs_owner, url_of
from infocus_graphql.graph import refs
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import column, computed, many
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.root import Payload, result

ExportStatus: TypeAlias = models.ExportStatus
publish_enum(
    ExportStatus,
    "How far an export is.",
    {
        ExportStatus.QUEUED: "It waits for its turn, maybe after an attempt that failed.",
        ExportStatus.RUNNING: "It is being made.",
        ExportStatus.SUCCEEDED: "It is ready; see `url`.",
        ExportStatus.FAILED: "It could not be made: ask for another one, or the people who run the server.",
    },
)


@row_type(models.DataExport)
class DataExport(Node):
    """A copy of everything that is known about the viewer: a ZIP of JSON and CSV files."""

    status: ExportStatus = column(models.DataExport.status, "How far it is.")
    requested_at: datetime = column(models.DataExport.requested_at, "When it was asked for.")
    finished_at: datetime | None = column(
        models.DataExport.finished_at, "When it was ready, or had failed; null before."
    )
    expires_at: datetime | None = column(
        models.DataExport.expires_at, "Until when it can be fetched; null before it is ready."
    )
    bytes: int | None = column(models.DataExport.bytes, "The size of the file; null before it is ready.")
    url: str | None = computed(
        models.DataExport,
        url_of,
        "Where the file is fetched, on this server: GET it with the access token (`Authorization: Bearer …`)."
        " Null before it is ready, and when its time is over.",
    )


@row_type(models.AccountDeletion)
class AccountDeletion:
    """That the viewer's account will be deleted, unless they change their mind by `cancelAccountDeletion`."""

    requested_at: datetime = column(models.AccountDeletion.requested_at, "When it was asked for.")
    scheduled_for: datetime = column(
        models.AccountDeletion.scheduled_for, "When it will happen, or some minutes later."
    )
    families_needing_new_owner: list[refs.Family] = many(
        Link(Family, needs_owner, models.AccountDeletion),
        "Families that the viewer owns, with other members, of whom none was named or is left. Name one by "
        "`requestAccountDeletion`; otherwise the admin who is in the family for longest gets it, or else "
        "the member.",
        order=(lambda family: family.created_at,),
    )


@strawberry.input(description="Nothing is needed.")
class RequestDataExportInput:
    """See writes.exports.request_export."""

    or_ready: bool = strawberry.field(
        description="Whether an earlier one that can still be fetched will do.", default=False
    )


@strawberry.type(description="The export; a mail tells when it is ready.")
class RequestDataExportPayload(Payload):
    """What requestDataExport answers."""

    data_export: refs.DataExport | None = result(
        models.DataExport, "The new export, or the one that is being made already."
    )


@strawberry.input(description="What becomes of a family when its owner's account is deleted: one of both.")
class FamilySuccession:
    """For each family that the viewer owns and others are in."""

    family_id: strawberry.ID = strawberry.field(description="A family that the viewer owns.")
    new_owner_id: strawberry.ID | None = strawberry.field(
        description="The member who owns it from then on.", default=None
    )
    delete_family: bool = strawberry.field(
        description="Whether the family is deleted for all its members.", default=False
    )


@strawberry.input(description="The password, and what becomes of the viewer's families.")
class RequestAccountDeletionInput:
    """An access token alone is not enough."""

    password: str = strawberry.field(description="The account's password.")
    families: list[FamilySuccession] = strawberry.field(
        description="One for each family that the viewer owns and others are in. Families without others "
        "are deleted.",
        default_factory=list,
    )


@strawberry.type(description="When the account will be deleted.")
class RequestAccountDeletionPayload(Payload):
    """What requestAccountDeletion answers."""

    viewer: refs.Viewer | None = result(
        User, "The viewer, whose `accountDeletion` tells when. It can be cancelled until then."
    )


@strawberry.input(description="Nothing is needed.")
class CancelAccountDeletionInput:
    """See writes.deletions.cancel_deletion."""

    scheduled_for: datetime | None = strawberry.field(
        description="The moment that the person was shown; refused when it is another one by now.",
        default=None,
    )


@strawberry.type(description="The account goes on.")
class CancelAccountDeletionPayload(Payload):
    """What cancelAccountDeletion answers."""

    viewer: refs.Viewer | None = result(User, "The viewer, whose account stays.")
