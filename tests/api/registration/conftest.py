"""Mails, and servers on which registering takes something."""

import pytest

from infocus_graphql.graph.context import Services
from infocus_graphql.settings import Registration, Settings
from tests.api.sessions.conftest import clock
from tests.support.mailbox import Post

__all__ = ["clock"]  # a fixture


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """The settings, with the mode of registration that a test is marked with."""
    mode = getattr(request, "param", Registration.OPEN)
    return settings.model_copy(update={"registration": mode})


@pytest.fixture
def post(services: Services) -> Post:
    """The mails of this test's server."""
    return Post(services)
