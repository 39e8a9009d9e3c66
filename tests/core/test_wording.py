"""How messages name input fields: every one of them reads as a person would write it."""

from graphql import GraphQLInputObjectType, get_nullable_type, is_list_type

from infocus_graphql.core.wording import ITEMS, LABELS, counted, label
from tests.graph.walk import CORE

# Names that are nouns as they are.
PLAIN = {
    *("avatar", "bio", "challenge", "code", "credential", "description", "device", "direction", "filter"),
    *("id", "input", "message", "name", "notes", "password", "preferences", "rating", "role", "status"),
    *("title", "token", "type", "country", "kind", "width", "note", "precision", "source"),
}


def inputs() -> dict[str, bool]:
    """The names of all input fields and arguments, each with whether one of them is a list."""
    found: dict[str, bool] = {}
    for kind in CORE.type_map.values():
        if kind.name.startswith("__"):
            continue
        if isinstance(kind, GraphQLInputObjectType):
            members = list(kind.fields.items())
        else:
            members = [each for field in getattr(kind, "fields", {}).values() for each in field.args.items()]
        for name, each in members:
            found[name] = found.get(name, False) or is_list_type(get_nullable_type(each.type))
    return found


def test_every_input_has_a_label() -> None:
    names = inputs()
    assert set(LABELS) | PLAIN == set(names)
    assert not set(LABELS) & PLAIN
    assert set(ITEMS) == {name for name, is_list in names.items() if is_list}
    for name in names:
        text = label((name,)).removeprefix("The ")
        assert text.replace("TMDB", "").replace("URL", "").islower() or text in {"TMDB", "URL"}, text
        # No verbs and prepositions at the start, no ids.
        first, *_, last = [*text.split(), text.split()[-1]]
        assert first not in {"to", "in", "is", "has", "use", "keep", "delete", "add", "transfer"}, text
        assert last != "ids" or name == "ids", text


def test_labels_in_sentences() -> None:
    assert label(("toUserIds",)) == "The list of recipients"
    assert label(("toUserIds", "1")) == "Recipient 2"
    assert label(("filter", "availableIn", "0")) == "Country 1"
    assert label(("families", "2", "familyId")) == "The family"
    assert label(("offerTypes", "999")) == "Offer type 1,000"
    assert label(("media", "tmdb", "id")) == "The TMDB id"
    assert label(("id",)) == "The id"
    assert label(()) == "The value"
    assert [counted(each, "country") for each in (1, 2)] == ["1 country", "2 countries"]
    assert [counted(1_000, each) for each in ("status", "item")] == ["1,000 statuses", "1,000 items"]
