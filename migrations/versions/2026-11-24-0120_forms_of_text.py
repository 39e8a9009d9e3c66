"""Adds columns to search and sort titles independently of the locale.

Collations depend on `createdb --locale`, on the operating system's libraries, and on whether the server has ICU.
This migration creates two functions without any of these:

- `search_form(text)` removes case, accents, width and typographic variants; `core/folding.py` folds search terms in
  the same way.
- `sort_form(text)` returns a key that sorts bytewise. Punctuation is ignored, words come before longer words
  (`Star Trek` before `Starman`), and code points break ties.

The tables are copied here, as they must not change with the Python version.

Revises: e4b1c7
Created: 2026-11-24 01:20:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "5da20c"
down_revision = "e4b1c7"
branch_labels = None
depends_on = None

# Ranges of letters that fold to one letter each: the first letter, the number, the step, and the folded first
# letter. Letters with accents are decomposed before.
FOLDS = (
    (0x41, 26, 1, 0x61),
    (0x60, 1, 1, 0x27),
    (0xAB, 1, 1, 0x22),
    (0xBB, 1, 1, 0x22),
    (0xD0, 1, 1, 0x64),
    (0xD8, 1, 1, 0x6F),
    (0xF0, 1, 1, 0x64),
    (0xF8, 1, 1, 0x6F),
    (0x110, 1, 1, 0x64),
    (0x111, 1, 1, 0x64),
    (0x126, 1, 1, 0x68),
    (0x127, 1, 1, 0x68),
    (0x131, 1, 1, 0x69),
    (0x141, 1, 1, 0x6C),
    (0x142, 1, 1, 0x6C),
    (0x14A, 1, 1, 0x14B),
    (0x166, 1, 1, 0x74),
    (0x167, 1, 1, 0x74),
    (0x181, 1, 1, 0x253),
    (0x182, 2, 2, 0x183),
    (0x186, 1, 1, 0x254),
    (0x187, 1, 1, 0x188),
    (0x189, 2, 1, 0x256),
    (0x18B, 1, 1, 0x18C),
    (0x18E, 1, 1, 0x1DD),
    (0x18F, 1, 1, 0x259),
    (0x190, 1, 1, 0x25B),
    (0x191, 1, 1, 0x192),
    (0x193, 1, 1, 0x260),
    (0x194, 1, 1, 0x263),
    (0x196, 1, 1, 0x269),
    (0x197, 1, 1, 0x268),
    (0x198, 1, 1, 0x199),
    (0x19C, 1, 1, 0x26F),
    (0x19D, 1, 1, 0x272),
    (0x19F, 1, 1, 0x275),
    (0x1A2, 2, 2, 0x1A3),
    (0x1A6, 1, 1, 0x280),
    (0x1A7, 1, 1, 0x1A8),
    (0x1A9, 1, 1, 0x283),
    (0x1AC, 1, 1, 0x1AD),
    (0x1AE, 1, 1, 0x288),
    (0x1B1, 2, 1, 0x28A),
    (0x1B3, 2, 2, 0x1B4),
    (0x1B7, 1, 1, 0x292),
    (0x1B8, 1, 1, 0x1B9),
    (0x1BC, 1, 1, 0x1BD),
    (0x1E4, 1, 1, 0x1E5),
    (0x1F6, 1, 1, 0x195),
    (0x1F7, 1, 1, 0x1BF),
    (0x21C, 1, 1, 0x21D),
    (0x220, 1, 1, 0x19E),
    (0x222, 2, 2, 0x223),
    (0x23A, 1, 1, 0x2C65),
    (0x23B, 1, 1, 0x23C),
    (0x23D, 1, 1, 0x19A),
    (0x23E, 1, 1, 0x2C66),
    (0x241, 1, 1, 0x242),
    (0x243, 1, 1, 0x180),
    (0x244, 1, 1, 0x289),
    (0x245, 1, 1, 0x28C),
    (0x246, 5, 2, 0x247),
    (0x2BC, 1, 1, 0x27),
    (0x370, 2, 2, 0x371),
    (0x376, 1, 1, 0x377),
    (0x37F, 1, 1, 0x3F3),
    (0x391, 17, 1, 0x3B1),
    (0x3A3, 7, 1, 0x3C3),
    (0x3C2, 1, 1, 0x3C3),
    (0x3CF, 1, 1, 0x3D7),
    (0x3D8, 12, 2, 0x3D9),
    (0x3F7, 1, 1, 0x3F8),
    (0x3FA, 1, 1, 0x3FB),
    (0x3FD, 3, 1, 0x37B),
    (0x402, 5, 2, 0x452),
    (0x405, 1, 1, 0x455),
    (0x409, 2, 2, 0x459),
    (0x40F, 1, 1, 0x45F),
    (0x410, 16, 2, 0x430),
    (0x411, 4, 2, 0x431),
    (0x41B, 11, 2, 0x43B),
    (0x460, 11, 2, 0x461),
    (0x478, 5, 2, 0x479),
    (0x48A, 27, 2, 0x48B),
    (0x4C0, 1, 1, 0x4CF),
    (0x4C3, 6, 2, 0x4C4),
    (0x4D4, 1, 1, 0x4D5),
    (0x4D8, 1, 1, 0x4D9),
    (0x4E0, 1, 1, 0x4E1),
    (0x4E8, 1, 1, 0x4E9),
    (0x4F6, 1, 1, 0x4F7),
    (0x4FA, 27, 2, 0x4FB),
    (0x531, 38, 1, 0x561),
    (0x10A0, 38, 1, 0x2D00),
    (0x10C7, 1, 1, 0x2D27),
    (0x10CD, 1, 1, 0x2D2D),
    (0x13F8, 6, 1, 0x13F0),
    (0x1C80, 1, 1, 0x432),
    (0x1C81, 1, 1, 0x434),
    (0x1C82, 1, 1, 0x43E),
    (0x1C83, 2, 1, 0x441),
    (0x1C85, 1, 1, 0x442),
    (0x1C86, 1, 1, 0x44A),
    (0x1C87, 1, 1, 0x463),
    (0x1C88, 1, 1, 0xA64B),
    (0x1C90, 43, 1, 0x10D0),
    (0x1CBD, 3, 1, 0x10FD),
    (0x1EFA, 3, 2, 0x1EFB),
    (0x2010, 1, 1, 0x2D),
    (0x2012, 1, 1, 0x2D),
    (0x2013, 1, 1, 0x2D),
    (0x2014, 1, 1, 0x2D),
    (0x2015, 1, 1, 0x2D),
    (0x2018, 1, 1, 0x27),
    (0x2019, 1, 1, 0x27),
    (0x201A, 1, 1, 0x27),
    (0x201B, 1, 1, 0x27),
    (0x201C, 1, 1, 0x22),
    (0x201D, 1, 1, 0x22),
    (0x201E, 1, 1, 0x22),
    (0x201F, 1, 1, 0x22),
    (0x2032, 1, 1, 0x27),
    (0x2132, 1, 1, 0x214E),
    (0x2183, 1, 1, 0x2184),
    (0x2212, 1, 1, 0x2D),
    (0x2C00, 48, 1, 0x2C30),
    (0x2C60, 1, 1, 0x2C61),
    (0x2C62, 1, 1, 0x26B),
    (0x2C63, 1, 1, 0x1D7D),
    (0x2C64, 1, 1, 0x27D),
    (0x2C67, 3, 2, 0x2C68),
    (0x2C6D, 1, 1, 0x251),
    (0x2C6E, 1, 1, 0x271),
    (0x2C6F, 1, 1, 0x250),
    (0x2C70, 1, 1, 0x252),
    (0x2C72, 1, 1, 0x2C73),
    (0x2C75, 1, 1, 0x2C76),
    (0x2C7E, 2, 1, 0x23F),
    (0x2C80, 50, 2, 0x2C81),
    (0x2CEB, 2, 2, 0x2CEC),
    (0x2CF2, 1, 1, 0x2CF3),
    (0x30A1, 18, 2, 0x3041),
    (0x30A2, 5, 2, 0x3042),
    (0x30C4, 6, 2, 0x3064),
    (0x30CB, 3, 2, 0x306B),
    (0x30D2, 1, 1, 0x3072),
    (0x30D5, 1, 1, 0x3075),
    (0x30D8, 1, 1, 0x3078),
    (0x30DB, 1, 1, 0x307B),
    (0x30DE, 22, 1, 0x307E),
    (0x30F5, 2, 1, 0x3095),
    (0x30FD, 1, 1, 0x309D),
    (0xA640, 23, 2, 0xA641),
    (0xA680, 14, 2, 0xA681),
    (0xA722, 7, 2, 0xA723),
    (0xA732, 31, 2, 0xA733),
    (0xA779, 2, 2, 0xA77A),
    (0xA77D, 1, 1, 0x1D79),
    (0xA77E, 5, 2, 0xA77F),
    (0xA78B, 1, 1, 0xA78C),
    (0xA78D, 1, 1, 0x265),
    (0xA790, 2, 2, 0xA791),
    (0xA796, 10, 2, 0xA797),
    (0xA7AA, 1, 1, 0x266),
    (0xA7AB, 1, 1, 0x25C),
    (0xA7AC, 1, 1, 0x261),
    (0xA7AD, 1, 1, 0x26C),
    (0xA7AE, 1, 1, 0x26A),
    (0xA7B0, 1, 1, 0x29E),
    (0xA7B1, 1, 1, 0x287),
    (0xA7B2, 1, 1, 0x29D),
    (0xA7B3, 1, 1, 0xAB53),
    (0xA7B4, 8, 2, 0xA7B5),
    (0xA7C4, 1, 1, 0xA794),
    (0xA7C5, 1, 1, 0x282),
    (0xA7C6, 1, 1, 0x1D8E),
    (0xA7C7, 2, 2, 0xA7C8),
    (0xA7D0, 1, 1, 0xA7D1),
    (0xA7D6, 2, 2, 0xA7D7),
    (0xA7F5, 1, 1, 0xA7F6),
    (0xAB70, 80, 1, 0x13A0),
    (0x10400, 40, 1, 0x10428),
    (0x104B0, 36, 1, 0x104D8),
    (0x10570, 19, 2, 0x10597),
    (0x10571, 5, 2, 0x10598),
    (0x1057D, 7, 2, 0x105A4),
    (0x1058D, 3, 2, 0x105B4),
    (0x10595, 1, 1, 0x105BC),
    (0x10C80, 51, 1, 0x10CC0),
    (0x118A0, 32, 1, 0x118C0),
    (0x16E40, 32, 1, 0x16E60),
    (0x1E900, 34, 1, 0x1E922),
)
LETTERS_FOR_ONE = {"\u00df": "ss", "\u1e9e": "ss", "\u00c6": "ae", "\u00e6": "ae", "\u0152": "oe"}
LETTERS_FOR_ONE |= {"\u0153": "oe", "\u00de": "th", "\u00fe": "th"}
# Accents, points of Hebrew and Arabic, and invisible characters.
MARKS = (
    r"[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f"
    r"\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u08d3-\u08e1\u08e3-\u08ff"
    r"\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f"
    r"\U000e0020-\U000e007f\U000e0100-\U000e01ef]"
)
# Punctuation and symbols, which sort like a blank. Apostrophes are removed.
NO_LETTERS = (
    r"[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u00d7\u00f7\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff"
    r"\u2e00-\u2e7f\u3000-\u3004\u3008-\u3030\u303d\u30fb\ufe30-\ufe4f\U0001f000-\U0001faff]+"
)


def upgrade() -> None:
    """Creates the functions, the generated columns and the indexes."""
    # Computing the forms of 100,000 titles that are not ASCII takes a minute.
    op.execute("SET LOCAL statement_timeout = '15min'")
    create_search_form()
    create_sort_form()
    # Generated columns, so that every write updates them.
    op.execute(
        """
        ALTER TABLE media_items
            ADD COLUMN title_search text COLLATE "C" NOT NULL GENERATED ALWAYS AS (search_form(title)) STORED,
            ADD COLUMN title_sort text COLLATE "C" NOT NULL GENERATED ALWAYS AS (sort_form(title)) STORED
        """
    )
    op.drop_index("ix_media_items_title_id", "media_items")
    op.create_index("ix_media_items_title_sort_id", "media_items", ["title_sort", "id"])
    prefix_indexes("search_form")


def downgrade() -> None:
    """Sorts and searches titles by the database's locale again."""
    prefix_indexes("lower")
    op.drop_index("ix_media_items_title_sort_id", "media_items")
    op.create_index("ix_media_items_title_id", "media_items", ["title", "id"])
    op.execute("ALTER TABLE media_items DROP COLUMN title_sort, DROP COLUMN title_search")
    op.execute("DROP FUNCTION sort_form(text)")
    op.execute("DROP FUNCTION search_form(text)")


def create_search_form() -> None:
    """The folded text for searching."""
    pairs = [
        (chr(first + step * number), chr(target + step * number))
        for first, count, step, target in FOLDS
        for number in range(count)
    ]
    source, target = ("".join(letters) for letters in zip(*pairs, strict=True))
    folded = f"translate(lower(regexp_replace(normalize($1, NFKD), {quoted(MARKS)}, '', 'g') COLLATE \"C\"), "
    folded += f"{quoted(source)}, {quoted(target)})"
    for letter, letters in LETTERS_FOR_ONE.items():
        folded = f"replace({folded}, {quoted(letter)}, {quoted(letters)})"
    # Most titles are ASCII and need little work.
    create_function(
        "search_form",
        f"""
        CASE WHEN octet_length($1) = char_length($1) THEN replace(lower($1 COLLATE "C"), '`', chr(39))
            ELSE normalize({folded}, NFC) END
        """,
    )


def create_sort_form() -> None:
    """The sort key, short enough for an index."""
    letters = f"btrim(regexp_replace(replace(search_form($1), chr(39), ''), {quoted(NO_LETTERS)}, ' ', 'g'))"
    key = f"left(coalesce(nullif({letters}, ''), search_form($1)), 200)"
    create_function("sort_form", f"{key} || chr(1) || left($1, 100)")


def create_function(name: str, body: str) -> None:
    """An immutable SQL function of one text."""
    signature = f"{name}(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE"
    op.execute(f'CREATE FUNCTION {signature} RETURN ({body}) COLLATE "C"')


def quoted(text: str) -> str:
    """The text as an SQL literal."""
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


def prefix_indexes(form: str) -> None:
    """The prefix indexes on users' addresses and names, over the function `form`."""
    for column in ("email", "name"):
        index = f"ix_users_{column}_prefix"
        op.drop_index(index, "users")
        op.create_index(index, "users", [sa.text(f"{form}({column}) text_pattern_ops")])
