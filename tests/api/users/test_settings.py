"""The viewer's settings and the mutation updateSettings."""

import asyncio
from typing import Any

from sqlalchemy import select

from infocus_graphql.core.viewer import ANONYMOUS, Viewer
from infocus_graphql.db.database import ReadUnit
from infocus_graphql.db.visibility import sql_viewer
from infocus_graphql.domains.identity.user_settings import reads
from infocus_graphql.graph.context import Services
from tests.support.client import Api
from tests.support.factories import Factories

SHOWN = "viewer { settings { region language timeZone } }"
UNSET = {"region": None, "language": None, "timeZone": None}
FULL = {"region": "AT", "language": "de-AT", "timeZone": "Europe/Vienna"}


async def update(api: Api, **given: Any) -> dict[str, Any]:
    """Updates the settings, which must succeed, and returns them."""
    payload = await api.change("updateSettings", given, fields=SHOWN)
    assert payload["errors"] == []
    settings: dict[str, Any] = payload["viewer"]["settings"]
    return settings


async def test_absent_settings_are_kept_and_null_resets(api: Api, make: Factories) -> None:
    ann, bob = [api.as_(await make.user(name)) for name in ("Ann", "Bob")]
    assert (await ann.data(f"{{ {SHOWN} }}")) == {"settings": UNSET}
    assert await update(ann) == UNSET
    assert await update(ann, region="DE") == UNSET | {"region": "DE"}
    assert await update(ann, **FULL) == FULL
    assert await update(ann, language="DE-at") == FULL
    assert await update(ann, timeZone=None) == FULL | {"timeZone": None}
    assert (
        await update(
            ann,
            **FULL,
        )
        == FULL
    )
    assert await update(ann) == FULL
    assert (await bob.data(f"{{ {SHOWN} }}")) == {"settings": UNSET}
    assert await update(ann, **UNSET) == UNSET


async def test_first_settings_at_the_same_time_are_all_kept(api: Api, make: Factories) -> None:
    ann = api.as_(await make.user())
    await asyncio.gather(*(update(ann, **{name: value}) for name, value in FULL.items()))
    assert await update(ann) == FULL


async def test_all_wrong_settings_are_reported_with_a_suggestion(api: Api, make: Factories) -> None:
    ann = api.as_(await make.user())
    wrong = {"region": "UK", "language": "deu", "timeZone": "Berlin"}
    document = "mutation ($input: UpdateSettingsInput!) { updateSettings(input: $input) { errors { code } } }"
    result = await ann.result(document, input=wrong)
    meant = {"region": "GB", "language": "de", "timeZone": "Europe/Berlin"}
    for error, (name, value) in zip(result["errors"], meant.items(), strict=True):
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert f"`$input.{name}` is not valid." in error["message"]
        assert error["message"].endswith(f"Did you mean “{value}”?")
    for name, value in {"region": "XX", "language": "xx", "timeZone": "Mars/Phobos"}.items():
        result = await ann.result(document, input={name: value})
        assert [error["extensions"]["code"] for error in result["errors"]] == ["BAD_USER_INPUT"]
    assert await update(ann) == UNSET


async def test_a_deleted_account_is_not_found(api: Api) -> None:
    assert await api.as_("us" + "0" * 25).refused("updateSettings", {"region": "DE"}) == ("NOT_FOUND", [])


async def test_other_fields_read_the_viewers_region_and_languages(
    api: Api, make: Factories, services: Services
) -> None:
    ann = await make.user()

    async def read(viewer: Viewer) -> tuple[Any, ...]:
        sql = sql_viewer(viewer)
        query = select(reads.viewer_region(sql), reads.viewer_language(sql), reads.viewer_languages(sql))

        async def one(unit: ReadUnit) -> tuple[Any, ...]:
            return tuple((await unit.execute(query)).one())

        return await services.database.read(one)

    assert await read(ANONYMOUS) == await read(Viewer(ann.id)) == (None, None, ["en"])
    for tag, languages in {"de-AT": ["de-AT", "de", "en"], "de": ["de", "de", "en"]}.items():
        await update(api.as_(ann), region="AT", language=tag)
        assert await read(Viewer(ann.id)) == ("AT", tag, languages)
        assert await read(ANONYMOUS) == (None, None, ["en"])
