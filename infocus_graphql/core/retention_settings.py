"""The settings that say how long things are kept."""

from pydantic import Field
from pydantic_settings import BaseSettings


class RetentionSettings(BaseSettings):
    """A part of `Settings`."""

    keep_sessions_days: int = Field(
        30, ge=0, description="How long a session is kept after it was ended or ran out."
    )
    keep_refresh_tokens_days: int = Field(
        7, ge=0, description="How long a refresh token is kept after it ran out."
    )
    keep_invitations_days: int = Field(
        365, ge=0, description="How long an invitation is kept after it ran out, whatever became of it."
    )
    keep_audit_days: int = Field(365, ge=30, description="How long an event of the audit log is kept.")
    keep_dead_jobs_days: int = Field(
        30, ge=1, description="How long a job that failed for good is kept, to be tried again."
    )
    keep_job_log_days: int = Field(7, ge=1, description="How long it is kept what became of jobs.")
