"""GraphQL types of data exports and account deletion."""

from datetime import datetime
from typing import TypeAlias

import strawberry

from infocus_graphql.db.links import Link
from infocus_graphql.domains import refs
from infocus_graphql.domains.families.models import Family
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.domains.privacy import models
from infocus_graphql.domains.privacy.reads.requests import needs_owner, url_of
from infocus_graphql.graph.enums import publish_enum
from infocus_graphql.graph.fields import column, computed, many
from infocus_graphql.graph.node import Node, row_type
from infocus_graphql.graph.root import Payload, result

DataExportStatus: TypeAlias = models.DataExportStatus
publish_enum(
    DataExportStatus,
    "The status of a data export.",
    {
        DataExportStatus.QUEUED: "Waiting for a worker, possibly after a failed attempt.",
        DataExportStatus.RUNNING: "A worker is building the file.",
        DataExportStatus.SUCCEEDED: "The file is ready; see `downloadUrl`.",
        DataExportStatus.FAILED: "The export failed permanently. Request another one.",
    },
)


@row_type(models.DataExport)
class DataExport(Node):
    """A copy of all data about the viewer: a ZIP file of JSON and CSV files."""

    status: DataExportStatus = column(
        models.DataExport.status, "The status of the export.", name="exportStatus"
    )
    created_at: datetime = column(models.DataExport.created_at, "When the export was requested.")
    finished_at: datetime | None = column(
        models.DataExport.finished_at, "When the export succeeded or failed; null while it is in progress."
    )
    expires_at: datetime | None = column(
        models.DataExport.expires_at,
        "When the file will be deleted; null until it is ready.",
        name="downloadExpiresAt",
    )
    bytes: int | None = column(
        models.DataExport.bytes, "The size of the file in bytes; null until it is ready."
    )
    download_url: str | None = computed(
        models.DataExport,
        url_of,
        "The URL of the file on this server. Download it with `Authorization: Bearer <access "
        "token>`. Null until the file is ready and after `downloadExpiresAt`.",
    )


@row_type(models.AccountDeletion)
class AccountDeletion:
    """The scheduled deletion of the viewer's account. Cancel it with `cancelAccountDeletion`."""

    created_at: datetime = column(models.AccountDeletion.created_at, "When the deletion was requested.")
    scheduled_at: datetime = column(
        models.AccountDeletion.scheduled_at, "When the account will be deleted, accurate to some minutes."
    )
    families_needing_new_owner: list[refs.Family] = many(
        Link(Family, needs_owner, models.AccountDeletion),
        "Families with other members that the viewer owns and that have no new owner yet, or "
        "whose new owner has left. Set one with `requestAccountDeletion`. Otherwise the "
        "longest-standing admin becomes the owner, or the longest-standing member if there is "
        "no admin.",
        order=(lambda family: family.created_at,),
    )


@strawberry.input(description="Input of `requestDataExport`.")
class RequestDataExportInput:
    reuse_existing: bool = strawberry.field(
        description="Whether to return an existing export if one can still be downloaded.",
        default=False,
    )


@strawberry.type(description="Result of `requestDataExport`.")
class RequestDataExportPayload(Payload):
    data_export: refs.DataExport | None = result(
        models.DataExport, "The new export, or the one that is already in progress."
    )
    viewer: refs.Viewer | None = result(User, "The viewer.")


@strawberry.input(
    description="The fate of a family when its owner's account is deleted: set either "
    "`transferToUserId` or `deleteFamily: true`."
)
class OwnedFamilyInput:
    family_id: strawberry.ID = strawberry.field(description="The id of a family that the viewer owns.")
    transfer_to_user_id: strawberry.ID | None = strawberry.field(
        description="The id of the member who becomes the owner.", default=None
    )
    delete_family: bool = strawberry.field(
        description="Whether to delete the family for all its members.", default=False
    )


@strawberry.input(description="Input of `requestAccountDeletion`.")
class RequestAccountDeletionInput:
    password: str = strawberry.field(description="The viewer's password.")
    families: list[OwnedFamilyInput] = strawberry.field(
        description="One item for each family that the viewer owns and that has other members. Families "
        "without other members are deleted.",
        default_factory=list,
    )


@strawberry.type(description="Result of `requestAccountDeletion`.")
class RequestAccountDeletionPayload(Payload):
    viewer: refs.Viewer | None = result(User, "The viewer, with `accountDeletion` set.")


@strawberry.input(description="Input of `cancelAccountDeletion`.")
class CancelAccountDeletionInput:
    expected_scheduled_at: datetime | None = strawberry.field(
        description="Fails with STALE_VERSION unless the deletion still has this `scheduledAt`.",
        default=None,
    )


@strawberry.type(description="Result of `cancelAccountDeletion`.")
class CancelAccountDeletionPayload(Payload):
    viewer: refs.Viewer | None = result(User, "The viewer, with `accountDeletion` null.")
