"""The settings of connections and of what goes over them."""

from pydantic import Field
from pydantic_settings import BaseSettings


class EdgeSettings(BaseSettings):
    """A part of `Settings`."""

    max_answer_bytes: int = Field(
        10_485_760, ge=1024, description="Largest answer, before compression; larger ones are refused."
    )
    compress_from_bytes: int = Field(
        1024,
        ge=0,
        description="Answers to queries are compressed from this size on, for clients that ask for it; 0 for "
        "never, where a proxy does it.",
    )
