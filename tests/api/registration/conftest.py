"""Fixtures: collected e-mails, and servers with other registration modes."""

import pytest

from infocus_graphql.graph.context import Services
from infocus_graphql.settings import Registration, Settings
from tests.api.sessions.conftest import clock
from tests.support.mailbox import Post

__all__ = ["clock"]  # a fixture


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Settings with the registration mode of the test's marker."""
    mode = getattr(request, "param", Registration.OPEN)
    return settings.model_copy(update={"registration": mode})


@pytest.fixture
def post(services: Services) -> Post:
    """The e-mails of this test's server."""
    return Post(services)
