"""The settings that say how long things are kept."""

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
        description="How long a copy of somebody's data can be fetched; then it is deleted.",
    )
    account_deletion_days: int = Field(
        7,
        ge=1,
        le=30,
        description="How long a person can change their mind about deleting their account.",
    )
    keep_sessions_days: int = Field(
        30,
        ge=0,
        le=_CENTURY,
        description="How long a session is kept after it was ended or ran out.",
    )
    keep_refresh_tokens_days: int = Field(
        7,
        ge=0,
        le=_CENTURY,
        description="How long a refresh token is kept after it ran out.",
    )
    keep_api_tokens_days: int = Field(
        30,
        ge=0,
        le=_CENTURY,
        description="How long an API token is kept after its end, to be seen in the list.",
    )
    keep_email_tokens_hours: int = Field(
        1,
        ge=1,
        le=24 * _CENTURY,
        description="How long the token of a mailed link is kept after it ran out, used or not.",
    )
    keep_invitations_days: int = Field(
        365,
        ge=0,
        le=_CENTURY,
        description="How long an invitation is kept after it ran out, whatever became of it.",
    )
    keep_audit_days: int = Field(
        365,
        ge=30,
        le=_CENTURY,
        description="How long an event of the audit log is kept.",
    )
    idempotency_retention_hours: int = Field(
        25,
        ge=25,
        le=24 * _CENTURY,
        description="How long the answer to a mutation with an `Idempotency-Key` is kept; good for 24 hours.",
    )
    keep_documents_days: int = Field(
        90,
        ge=1,
        le=_CENTURY,
        description="How long a persisted document is kept after it was last used, to a day.",
    )
    keep_dead_jobs_days: int = Field(
        30,
        ge=1,
        le=_CENTURY,
        description="How long a job that failed for good is kept, to be tried again.",
    )
    keep_job_log_days: int = Field(
        7,
        ge=1,
        le=_CENTURY,
        description="How long it is kept what became of jobs.",
    )
