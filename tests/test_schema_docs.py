"""docs/schema.md matches the tables."""

from pathlib import Path

import pytest

from infocus_graphql.tables import metadata
from tools.schema_docs import SCHEMA_FILE, main, schema_markdown


def test_the_file_in_the_repository_is_up_to_date() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_markdown(metadata), (
        "docs/schema.md has drifted; run: python -m tools.schema_docs"
    )


def test_every_table_column_constraint_and_index_is_listed() -> None:
    described = schema_markdown(metadata)
    for table in metadata.tables.values():
        assert f"    {table.name} {{" in described
        for column in table.columns:
            assert f"| `{column.name}` |" in described
        names = {str(index.name) for index in table.indexes}
        names |= {str(rule.name) for rule in table.constraints}
        for name in names - {str(key.name) for key in table.foreign_key_constraints}:
            assert name.startswith("pk_") or f"`{name}`: " in described


@pytest.mark.parametrize(
    "words",
    [
        f"| Entities | {len(metadata.tables)} |",
        'users ||--o| profiles : "user"',
        'users |o--o{ families : "created_by"',
        'families ||--o{ family_memberships : "family"',
        "        text user_id FK, UK",
        "        text email UK",
        "### FamilyInvitation",
        "one row per `family_id` among the rows with `role = 'owner'`",
        "`rating` is from 1 to 10 (else `OUT_OF_RANGE`)",
        "`name` has 1 to 100 characters",
        "refers to `users`, deleted with it",
        "one of `not_watched`, `watching`, `completed`",
    ],
)
def test_it_contains(words: str) -> None:
    assert words in schema_markdown(metadata)


def test_every_check_is_described_in_words() -> None:
    lines = schema_markdown(metadata).splitlines()
    assert [line for line in lines if line.startswith("- `ck_") and "BETWEEN" in line] == []


def test_check_reports_differences_and_writing_fixes_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "schema.md"
    assert main(["--check"], path) == 1
    assert main([], path) == 0
    assert main(["--check"], path) == 0
    path.write_text(path.read_text().replace("`date_added`", "`added`"))
    capsys.readouterr()
    assert main(["--check"], path) == 1
    output = capsys.readouterr().out
    assert "+| `date_added` |" in output
    assert "python -m tools.schema_docs" in output
