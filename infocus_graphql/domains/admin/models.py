"""Read-only models for staff, mapped to subqueries over users and failed jobs. They have no tables."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Mapped
from sqlalchemy.util import immutabledict

from infocus_graphql.db.base import Base
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.jobs.queries import failed_jobs

_ACCOUNT = (User.id, User.email, User.name, User.is_staff, User.email_verified_at, User.created_at)


class Account(Base):
    """A user as staff see it, whether or not they share a family. Has no watchlists and no notes."""

    __table__ = select(*_ACCOUNT).subquery("accounts")
    __mapper_args__ = immutabledict({"primary_key": [__table__.c.id], "eager_defaults": False})

    if TYPE_CHECKING:
        id: Mapped[str]
        email: Mapped[str]
        name: Mapped[str | None]
        is_staff: Mapped[bool]
        email_verified_at: Mapped[datetime | None]
        created_at: Mapped[datetime]


class FailedJob(Base):
    """A job that used up its attempts or failed permanently."""

    __table__ = failed_jobs().subquery("failed_jobs")
    __mapper_args__ = immutabledict({"primary_key": [__table__.c.id], "eager_defaults": False})

    if TYPE_CHECKING:
        id: Mapped[str]
        kind: Mapped[str]
        attempts: Mapped[int]
        created_at: Mapped[datetime]
        failed_at: Mapped[datetime]
        reason: Mapped[str]
