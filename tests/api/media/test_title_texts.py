"""Titles, descriptions and taglines in the language of an argument or of the viewer."""

from infocus_graphql.domains.media.details import MediaTranslation
from infocus_graphql.domains.media.models import MediaItem
from tests.api.media.test_title_details import read, reader
from tests.support.client import Api
from tests.support.factories import Factories


async def translated(make: Factories) -> MediaItem:
    """A German title that is stored in English, with translations of some of its texts."""
    item = await make.media(
        "The Lighthouse Keeper's Son",
        original_title="Der Sohn",
        original_language="de",
        description="Stored.",
        tagline="Stored tagline.",
    )
    texts: list[tuple[str, str, bool, str | None, str | None]] = [
        ("de", "DE", True, None, "Deutsch."),
        ("de", "AT", False, None, "Österreichisch."),
        ("fr", "FR", True, "Le fils", None),
        ("fr", "CA", False, "Le fils du Québec", None),
        ("en", "US", True, "The Son", "English."),
        ("pt", "BR", False, "O filho", "Brasil."),
    ]
    await make.rows(
        *(
            MediaTranslation(
                media_item_id=item.id,
                language=language,
                country=country,
                is_default=default,
                title=title,
                description=description,
            )
            for language, country, default, title, description in texts
        )
    )
    return item


STORED = ("The Lighthouse Keeper's Son", "Stored.", "Stored tagline.")
IN_LANGUAGES = [
    # The language, its title, its description; there is no translated tagline.
    ("de-AT", "Der Sohn", "Österreichisch."),  # the original title is German
    ("de", "Der Sohn", "Deutsch."),
    ("de-CH", "Der Sohn", "Deutsch."),  # the default of German
    ("fr-CA", "Le fils du Québec", "English."),
    ("fr", "Le fils", "English."),
    ("en-GB", "The Son", "English."),
    ("pt-BR", "O filho", "Brasil."),
    ("pt-PT", "The Son", "English."),  # no default of Portuguese
    ("ja", "The Son", "English."),
]


async def test_texts_are_in_the_language_of_the_argument_or_the_viewer(api: Api, make: Factories) -> None:
    item = await translated(make)
    plain = "title description tagline"
    asked = "title(language: $language) description(language: $language) tagline(language: $language)"
    nobody = await read(api, item, plain)
    assert tuple(nobody.values()) == STORED
    silent = api.as_(await reader(make, None))
    assert await read(silent, item, plain) == nobody
    french = api.as_(await reader(make, "fr"))
    for language, title, description in IN_LANGUAGES:
        expected = {"title": title, "description": description, "tagline": "Stored tagline."}
        viewer = api.as_(await reader(make, language))
        assert await read(viewer, item, plain) == expected, language
        for client in (api, french):
            found = await read(client, item, asked, language=("LanguageTag", language))
            assert found == expected, language
        # Null means the viewer's language.
        assert await read(viewer, item, asked, language=("LanguageTag", None)) == expected
    bare = await make.media("Bare", description=None)
    assert await read(french, bare, plain) == {"title": "Bare", "description": None, "tagline": None}


async def test_lists_are_sorted_by_the_stored_title(api: Api, make: Factories) -> None:
    first, second = await make.media("Alpha"), await make.media("Beta")
    await make.rows(
        MediaTranslation(media_item_id=first.id, language="fr", country="FR", is_default=True, title="Zéro"),
        MediaTranslation(media_item_id=second.id, language="fr", country="FR", is_default=True, title="Un"),
    )
    query = "{ discoverMedia { nodes { title } } }"
    found = await api.as_(await reader(make, "fr")).data(query)
    assert found == {"nodes": [{"title": "Zéro"}, {"title": "Un"}]}


async def test_an_unknown_language_is_an_error(api: Api, make: Factories) -> None:
    item = await make.media()
    query = 'query ($id: ID!) { mediaItem(ref: {id: $id}) { title(language: "xx") } }'
    (error,) = (await api.result(query, id=item.id))["errors"]
    assert "“xx” is not a language" in error["message"]
