"""Measures searches in a catalogue of 100,000 titles in ten languages: `python -m benchmarks.search`.

The queries are those of `tests/api/search/golden.json` as a user types them, letter by letter.
"""
# ruff: noqa: RUF001 - letters of many languages

import asyncio
import json
import random
import sys
import tempfile
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any, Final

import asyncpg
import sqlalchemy
from sqlalchemy.ext.asyncio import async_sessionmaker

from infocus_graphql.core.ids import new_id
from infocus_graphql.db import migrations
from infocus_graphql.db.database import Reader, ReadSession
from infocus_graphql.db.embedded import EmbeddedPostgres
from infocus_graphql.db.session_parameters import single_use_engine
from infocus_graphql.domains.search.reads import matching_titles
from infocus_graphql.local_tmdb.catalogue import Catalogue

TITLES: Final = 100_000
ROUNDS: Final = 3
GOLDEN: Final = Path(__file__).parents[1] / "tests/api/search/golden.json"
WORDS: Final = 25_000  # of each language; the frequencies of words follow Zipf's law
# The letters of made-up words, and the most frequent words.
LANGUAGES: Final = {
    "en": ("bcdfghklmnprstvw", "aeiou", "the of a and in to"),
    "de": ("bdfghklmnprstwz", "aeiouäöü", "der die das und von im"),
    "fr": ("bcdfglmnprstv", "aeiouéè", "le la les de du et"),
    "es": ("bcdfglmnprst", "aeiouáóñ", "el la los de y en"),
    "it": ("bcdfglmnprstvz", "aeiouàù", "il la di e i del"),
    "tr": ("bcçdgğhklmnprsştvyz", "aeıioöuü", "ve bir için"),
    "pl": ("bcćdgklłmnprsśtwzżź", "aeiouyąę", "i w na z"),
    "pt": ("bcdfglmnprst", "aeiouãç", "o a de do e os"),
    "ru": ("бвгдзклмнпрст", "аеиоуыя", "и в на не"),
}
KANJI: Final = range(0x4E00, 0x4E00 + 2500)
HIRAGANA: Final = range(0x3042, 0x3094)


class MadeUpTitles:
    """Titles of made-up words in ten languages."""

    def __init__(self) -> None:
        self._chance = random.Random(7)  # noqa: S311 - made-up data
        self._words = {language: self._vocabulary(*letters[:2]) for language, letters in LANGUAGES.items()}
        self._weights = list(accumulate(1 / (place + 5) ** 0.9 for place in range(WORDS)))

    def title(self, language: str) -> str:
        """A title of one to five words, often with an article."""
        count = self._chance.choice((1, 2, 2, 3, 3, 4, 5))
        words = self._chance.choices(self._words[language], cum_weights=self._weights, k=count)
        frequent = LANGUAGES[language][2].split()
        if self._chance.random() < 0.45:
            words.insert(0, frequent[0] if self._chance.random() < 0.6 else self._chance.choice(frequent))
        return " ".join(words).title()

    def japanese(self) -> str:
        """A title of three to ten letters."""
        letters = [
            chr(self._chance.choice(self._chance.choice((KANJI, HIRAGANA))))
            for _ in range(self._chance.randint(3, 10))
        ]
        return "".join(letters)

    def popularity(self) -> float:
        """A popularity, as TMDB's: few titles are much more popular than the others."""
        return round(min(400, 0.6 * self._chance.paretovariate(1.1)), 3)

    def _vocabulary(self, consonants: str, vowels: str) -> list[str]:
        found: dict[str, None] = {}
        while len(found) < WORDS:
            syllables = self._chance.choice((1, 2, 2, 2, 3, 3, 4))
            found["".join(self._syllable(consonants, vowels) for _ in range(syllables))] = None
        return list(found)

    def _syllable(self, consonants: str, vowels: str) -> str:
        end = self._chance.choice(consonants) if self._chance.random() < 0.4 else ""
        return self._chance.choice(consonants) + self._chance.choice(vowels) + end


def rows(count: int) -> Iterator[tuple[tuple[Any, ...], list[tuple[Any, ...]]]]:
    """Made-up titles and the local TMDB's, each with its translations."""
    made_up = MadeUpTitles()
    for number in range(count):
        key = new_id("mi")
        titles = {language: made_up.title(language) for language in LANGUAGES} | {"ja": made_up.japanese()}
        yield (
            (key, 500_000_000 + number, "movie", titles.pop("en"), None, made_up.popularity()),
            [(key, language, "", title) for language, title in titles.items()],
        )
    for fact in Catalogue(made_up=0).by_popularity():
        key = new_id("mi")
        yield (
            (key, fact.id, fact.type, fact.title, fact.original_title, fact.popularity),
            [(key, language, "", title) for language, title in fact.titles.items()],
        )


async def fill(connection: asyncpg.Connection, count: int) -> None:
    """Inserts the titles, and then their translations."""
    titles, translations = [], []
    for title, theirs in rows(count):
        titles.append(title)
        translations += theirs
    await connection.execute(
        "CREATE TEMP TABLE fresh "
        "(id text, tmdb_id int, kind text, title text, original text, popularity float)"
    )
    await connection.copy_records_to_table("fresh", records=titles)
    await connection.execute(
        "INSERT INTO media_items (id, tmdb_id, tmdb_type, title, original_title, popularity) "
        "SELECT id, tmdb_id, kind::media_type, title, original, popularity FROM fresh"
    )
    await connection.copy_records_to_table(
        "media_translations", columns=["media_item_id", "language", "country", "title"], records=translations
    )
    await connection.execute("VACUUM ANALYZE")


def cpu_of(pid: int) -> float:
    """The milliseconds of CPU time that a process has used (Linux)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


async def measure(url: str) -> list[tuple[float, float, str]]:
    """The milliseconds of each search, those of PostgreSQL's CPU time, and the text."""
    engine = single_use_engine(url, "infocus-benchmark").execution_options(isolation_level="AUTOCOMMIT")
    reader = Reader(async_sessionmaker(engine, class_=ReadSession), {})
    texts = sorted(
        {
            query[:end].strip()
            for query, *_ in json.loads(GOLDEN.read_text("utf-8"))
            for end in range(1, len(query) + 1)
        }
    )
    pid = (await reader.execute(sqlalchemy.text("SELECT pg_backend_pid()"))).scalar_one()
    found = []
    for round_ in range(ROUNDS + 1):
        for text in texts:
            start, used = perf_counter(), cpu_of(pid)
            await matching_titles(reader, text)
            if round_:  # the first round warms the caches
                found.append(((perf_counter() - start) * 1000, cpu_of(pid) - used, text))
    await reader.close()
    await engine.dispose()
    return found


async def run(count: int) -> None:
    """Fills a database and prints the times of searches."""
    with tempfile.TemporaryDirectory() as home, EmbeddedPostgres(Path(home)) as postgres:
        await migrations.upgrade(postgres.dsn())
        connection = await asyncpg.connect(host=str(postgres.socket_dir), user="infocus", database="infocus")
        start = perf_counter()
        await fill(connection, count)
        sys.stdout.write(f"{count:,} titles in {perf_counter() - start:.0f} s\n")
        await connection.close()
        times = await measure(postgres.dsn())
    for name, values in (
        ("in all", [each for each, *_ in times]),
        ("of PostgreSQL's CPU time", [each for _, each, _ in times]),
    ):
        cuts = quantiles(values, n=100)
        sys.stdout.write(
            f"{len(values):,} searches: median {median(values):.1f} ms, p95 {cuts[94]:.1f} ms, "
            f"p99 {cuts[98]:.1f} ms {name}\n"
        )
    slowest = sorted({text: cpu for _, cpu, text in times}.items(), key=lambda pair: -pair[1])
    sys.stdout.writelines(f"  {each:6.1f} ms  {text}\n" for text, each in slowest[:15])


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else TITLES))
