"""More concurrent sign-ins than the server can process."""

import asyncio

import httpx
import pytest

from infocus_graphql.settings import Settings
from tests.support.client import Api

SIGN_IN = 'mutation { signIn(input: { email: "ann@example.com", password: "x" }) { errors { code } } }'


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with a short queue and slow password hashes."""
    slow = {"argon2_memory_kib": 16_384, "argon2_time_cost": 8}
    return settings.model_copy(update={"password_threads": 1, "password_queue": 2, **slow})


async def test_too_many_concurrent_sign_ins_get_service_unavailable(api: Api) -> None:
    async def attempt() -> httpx.Response:
        return await api.post(SIGN_IN)

    responses = [response.json() for response in await asyncio.gather(*(attempt() for _ in range(30)))]
    checked = [response["data"]["signIn"] for response in responses if "errors" not in response]
    refused = [error for response in responses for error in response.get("errors", ())]
    assert len(checked) >= 3
    assert all(each == {"errors": [{"code": "INVALID_CREDENTIALS"}]} for each in checked)
    assert refused, "thirty at a time are more than three"
    for error in refused:
        assert error["extensions"] == {"code": "SERVICE_UNAVAILABLE", "retryable": True, "retryAfter": 2}
    # Afterwards the server accepts sign-ins again.
    assert "errors" not in (await attempt()).json()
