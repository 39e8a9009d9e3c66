"""Retention settings: how long data is kept after it is no longer in use."""

from typing import Final

from pydantic import Field
from pydantic_settings import BaseSettings

_CENTURY: Final = 36_500  # days


class RetentionSettings(BaseSettings):
    """Retention."""

    data_export_days: int = Field(
        7,
        ge=1,
        le=30,
        description="How long a data export can be downloaded before it is deleted.",
    )
    account_deletion_days: int = Field(
        7,
        ge=1,
        le=30,
        description="How long a user can cancel the deletion of their account.",
    )
    keep_sessions_days: int = Field(
        30,
        ge=0,
        le=_CENTURY,
        description="How long a session is kept after it was revoked or expired.",
    )
    keep_refresh_tokens_days: int = Field(
        7,
        ge=0,
        le=_CENTURY,
        description="How long a refresh token is kept after it expired.",
    )
    keep_api_tokens_days: int = Field(
        30,
        ge=0,
        le=_CENTURY,
        description="How long a revoked or expired API token stays in the user's list.",
    )
    keep_email_tokens_hours: int = Field(
        1,
        ge=1,
        le=24 * _CENTURY,
        description="How long the token of a mailed link is kept after it expired, used or not.",
    )
    keep_invitations_days: int = Field(
        365,
        ge=0,
        le=_CENTURY,
        description="How long an invitation is kept after it expired, in any status.",
    )
    keep_audit_days: int = Field(
        365,
        ge=30,
        le=_CENTURY,
        description="How long an event of the audit log is kept.",
    )
    keep_events_days: int = Field(
        90,
        ge=1,
        le=_CENTURY,
        description="How long an event is kept, so that clients can catch up from it: the time that a "
        "device can be offline without reading everything again.",
    )
    idempotency_retention_hours: int = Field(
        169,
        ge=169,
        le=24 * _CENTURY,
        description="How long the response to a mutation with an `Idempotency-Key` is kept. A key is valid "
        "for seven days.",
    )
    keep_notifications_days: int = Field(
        90,
        ge=1,
        le=_CENTURY,
        description="How long a notification is kept, read or not.",
    )
    keep_documents_days: int = Field(
        90,
        ge=1,
        le=_CENTURY,
        description="How long a persisted document is kept after its last use (accurate to a day).",
    )
    keep_dead_jobs_days: int = Field(
        30,
        ge=1,
        le=_CENTURY,
        description="How long a permanently failed job is kept so that it can be retried.",
    )
    keep_job_log_days: int = Field(
        7,
        ge=1,
        le=_CENTURY,
        description="How long the log of finished jobs is kept.",
    )
