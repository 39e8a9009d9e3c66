"""Settings of users, and the streaming services that they use."""

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from infocus_graphql.core.errors import ErrorCode
from infocus_graphql.db.base import Base, check, key_text, length_check, private

MAX_SERVICES = 50


class UserSettings(Base):
    """What a user has set. A user without a row has set nothing; null means the same for one setting."""

    __tablename__ = "user_settings"

    user_id: Mapped[str] = mapped_column(
        key_text(), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    region: Mapped[str | None] = private(mapped_column(Text))
    language: Mapped[str | None] = private(mapped_column(Text))
    time_zone: Mapped[str | None] = private(mapped_column(Text))

    __table_args__ = (
        check("region_code", "region ~ '^[A-Z]{2}$'", refusal=ErrorCode.INVALID, path=("region",)),
        check(
            "language_tag",
            "language ~ '^[a-z]{2}(-[A-Z]{2})?$'",
            refusal=ErrorCode.INVALID,
            path=("language",),
        ),
        length_check("time_zone", 64, minimum=1),
    )


class UserService(Base):
    """A streaming service that a user has."""

    __tablename__ = "user_services"

    user_id: Mapped[str] = mapped_column(
        key_text(), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    streaming_service_id: Mapped[str] = mapped_column(
        key_text(), ForeignKey("streaming_services.id", ondelete="CASCADE"), primary_key=True, index=True
    )
