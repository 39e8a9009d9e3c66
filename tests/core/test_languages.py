"""Language tags, time zones, and the values that are suggested for wrong ones."""

from zoneinfo import ZoneInfo

from infocus_graphql.core.languages import canonical_language, language_error
from infocus_graphql.core.time_zones import time_zone_error, time_zones

TAGS = {"de": "de", "DE-at": "de-AT", "pt-BR": "pt-BR", "xx": None, "de-XX": None, "de-": None, "": None}
TAGS |= {"de_AT": None, "zh-Hans": None, "en-GB-oed": None, "deu": None, "ᴅᴇ": None, "x" * 9999: None}
LANGUAGES = {"de_AT": "de-AT", "deu": "de", "eng-UK": "en-GB", "jp": "ja", "zh-Hans-CN": "zh-CN", "de-": "de"}
NO_LANGUAGES = ("xx", "", "German", "x" * 9999)
ZONES = {"europe/berlin": "Europe/Berlin", "Berlin": "Europe/Berlin", "new york": "America/New_York"}
ZONES |= {"Europe/Berlni": "Europe/Berlin", " UTC": "UTC"}
NO_ZONES = ("Mars/Phobos", "", "Factory", "localtime", "../../etc/passwd", "x" * 9999)


def test_tags_have_one_form() -> None:
    assert {tag: canonical_language(tag) for tag in TAGS} == TAGS


def test_a_wrong_language_is_answered_with_the_one_that_is_meant() -> None:
    assert [language_error(tag)[-len(f"“{meant}”?") :] for tag, meant in LANGUAGES.items()] == [
        f"“{meant}”?" for meant in LANGUAGES.values()
    ]
    assert all("Did you mean" not in language_error(tag) for tag in NO_LANGUAGES)


def test_a_wrong_time_zone_is_answered_with_the_one_that_is_meant() -> None:
    assert {name: time_zone_error(name) for name in ("Europe/Berlin", "Europe/Kiev", "UTC")} == dict.fromkeys(
        ("Europe/Berlin", "Europe/Kiev", "UTC")
    )
    for name, meant in ZONES.items():
        assert (time_zone_error(name) or "").endswith(f"Did you mean “{meant}”?"), name
    for name in NO_ZONES:
        message = time_zone_error(name) or ""
        assert message.startswith("“") and "Did you mean" not in message, name
        assert len(message) < 120


def test_every_time_zone_exists() -> None:
    assert all(ZoneInfo(name).key == name for name in time_zones())
