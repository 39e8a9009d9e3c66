"""The search form of text, in which case, accents and width are removed."""
# ruff: noqa: RUF001 - the tests are about letters of many scripts

import unicodedata

import pytest

from infocus_graphql.core.folding import input_search_form, input_search_forms, search_form
from tests.support.server import Server

# Texts with the same search form.
SAME = [
    ("Drama", "drama", "DRAMA", "Ｄｒａｍａ", "dráma"),
    ("Straße", "STRASSE", "strasse", "STRAẞE"),
    ("İstanbul", "ISTANBUL", "istanbul", "ıstanbul", "I\u0307stanbul"),
    ("Σίσυφος", "ΣΊΣΥΦΟΣ", "σισυφος", "σισυφοσ"),
    ("Amélie", "AMÉLIE", "amelie", "ame\u0301lie"),
    ("Łódź", "łódź", "LODZ"),
    ("Sørensen", "sorensen"),
    ("Ægir", "aegir"),
    ("Cœur", "coeur"),
    ("Đặng Thị", "đặng thị", "dang thi"),
    ("ガンダム", "ｶﾞﾝﾀﾞﾑ", "がんだむ"),
    ("東京ﾓﾉｶﾞﾀﾘ", "東京モノガタリ"),
    ("Ёлка", "ЕЛКА"),
    ("שָׁלוֹם", "שלום"),
    ("مُحَمَّد", "محمد"),
    ("می\u200cخواهم", "میخواهم"),
    ("Ocean’s “Eleven” – ½", 'ocean\'s "eleven" - 1⁄2'),
    ("ﬁancé", "FIANCE"),
    ("Ա", "ա"),
    ("Ⴀ", "ⴀ"),
    ("𐐀", "𐐨"),
]
# Texts with different search forms.
DIFFERENT = [("か", "が"), ("हि", "हु"), ("ไม", "ไมุ"), ("가", "각"), ("a", "α"), ("50%", "500"), ("и", "н")]


@pytest.mark.parametrize("texts", SAME, ids=ascii)
def test_equivalent_texts_have_one_search_form(texts: tuple[str, ...]) -> None:
    assert len({search_form(text) for text in texts}) == 1
    assert input_search_forms([*texts, f" {texts[0]}\n"]) == [input_search_form(f"\u200b{texts[-1]} ")]


@pytest.mark.parametrize("texts", DIFFERENT, ids=ascii)
def test_different_letters_have_different_search_forms(texts: tuple[str, str]) -> None:
    assert search_form(texts[0]) != search_form(texts[1])


async def test_python_and_postgresql_fold_every_character_alike(server: Server, database_url: str) -> None:
    # The server may support a newer Unicode version than this Python.
    known = [chr(code) for code in range(1, 0x110000) if unicodedata.category(chr(code)) not in {"Cn", "Cs"}]
    texts = [*(f"x{each}Y" for each in known), *(text for group in SAME for text in group)]
    connection = await server.connect(database_url)
    try:
        statement = "SELECT array_agg(search_form(text) ORDER BY number) FROM unnest($1::text[]) "
        statement += "WITH ORDINALITY AS given (text, number)"
        found = await connection.fetchval(statement, texts)
    finally:
        await connection.close()
    assert found == [search_form(text) for text in texts]
    assert [search_form(text) for text in found] == found
