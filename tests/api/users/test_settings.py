"""The viewer's settings and the mutation updateSettings."""

import asyncio
from typing import Any

from sqlalchemy import select

from infocus_graphql.core.ids import new_id
from infocus_graphql.core.viewer import ANONYMOUS, Viewer
from infocus_graphql.db.database import ReadUnit
from infocus_graphql.db.visibility import sql_viewer
from infocus_graphql.domains.identity.user_settings import reads
from infocus_graphql.domains.streaming.models import StreamingService
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


async def made_services(make: Factories, count: int) -> list[str]:
    """Creates streaming services, and returns their ids in TMDB's order."""
    rows = [
        StreamingService(id=new_id("ss"), slug=f"service-{index}", name=f"Service {index}", priority=index)
        for index in range(count)
    ]
    await make.rows(*rows)
    return [row.id for row in rows]


async def own(api: Api) -> list[str]:
    """Returns the ids of the viewer's streaming services."""
    found = await api.data("{ viewer { settings { streamingServices { id } } } }")
    return [service["id"] for service in found["settings"]["streamingServices"]]


async def test_services_are_replaced(api: Api, make: Factories) -> None:
    ann, bob = [api.as_(await make.user(name)) for name in ("Ann", "Bob")]
    first, second, third = ids = await made_services(make, 3)
    assert await own(ann) == []
    for given, expected in (
        ({"streamingServiceIds": [third, first, third]}, [first, third]),
        ({"region": "DE"}, [first, third]),
        ({"streamingServiceIds": [second]}, [second]),
        ({"streamingServiceIds": None}, []),
        ({"streamingServiceIds": ids}, ids),
        ({"streamingServiceIds": []}, []),
    ):
        await update(ann, **given)
        assert await own(ann) == expected
    await update(bob, streamingServiceIds=[first])
    assert (await own(ann), await own(bob)) == ([], [first])
    await asyncio.gather(*(update(ann, streamingServiceIds=[each]) for each in ids))
    assert await own(ann) in [[each] for each in ids], "one of the lists, and no mixture"


async def test_unknown_services_change_nothing(api: Api, make: Factories) -> None:
    ann = api.as_(await make.user())
    (first,) = await made_services(make, 1)
    await update(ann, region="DE", streamingServiceIds=[first])
    wrong = {"region": "AT", "streamingServiceIds": ["ss" + "0" * 25, first, "us" + "0" * 25, ""]}
    payload = await ann.change("updateSettings", wrong, fields=SHOWN)
    assert payload["viewer"] is None
    assert [(error["code"], error["path"]) for error in payload["errors"]] == [
        ("NOT_FOUND", ["input", "streamingServiceIds", "0"]),
        ("NOT_FOUND", ["input", "streamingServiceIds", "2"]),
        ("NOT_FOUND", ["input", "streamingServiceIds", "3"]),
    ]
    assert await ann.refused("updateSettings", {"streamingServiceIds": [first] * 51}) == (
        "TOO_LONG",
        ["input", "streamingServiceIds"],
    )
    assert (await update(ann), await own(ann)) == (UNSET | {"region": "DE"}, [first])


async def test_a_deleted_account_is_not_found(api: Api) -> None:
    assert await api.as_("us" + "0" * 25).refused("updateSettings", {"region": "DE"}) == ("NOT_FOUND", [])


async def test_other_fields_read_the_viewers_region_and_languages(
    api: Api, make: Factories, services: Services
) -> None:
    ann = await make.user()

    async def read(viewer: Viewer) -> tuple[Any, ...]:
        sql = sql_viewer(viewer)
        query = select(
            reads.viewer_region(sql),
            reads.viewer_language(sql),
            reads.viewer_languages(sql),
            reads.viewer_services(sql),
        )

        async def one(unit: ReadUnit) -> tuple[Any, ...]:
            *texts, ids = (await unit.execute(query)).one()
            return (*texts, sorted(ids))

        return await services.database.read(one)

    assert await read(ANONYMOUS) == await read(Viewer(ann.id)) == (None, None, ["en"], [])
    ids = sorted(await made_services(make, 2))
    await update(api.as_(ann), streamingServiceIds=ids)
    for tag, languages in {"de-AT": ["de-AT", "de", "en"], "de": ["de", "de", "en"]}.items():
        await update(api.as_(ann), region="AT", language=tag)
        assert await read(Viewer(ann.id)) == ("AT", tag, languages, ids)
        assert await read(ANONYMOUS) == (None, None, ["en"], [])
