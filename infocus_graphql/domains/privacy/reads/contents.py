"""The contents of an export: its sections in order, and the excluded tables with the reasons."""

from collections.abc import Mapping
from typing import Final

from infocus_graphql.domains.privacy.reads.account_sections import OF_ACCOUNT, OF_REQUESTS
from infocus_graphql.domains.privacy.reads.list_sections import OF_LISTS

SECTIONS: Final = (*OF_ACCOUNT, *OF_LISTS, *OF_REQUESTS)

# Tables that no export contains, and why. A test checks that every table of the database is here or above.
LEFT_OUT: Final[Mapping[str, str]] = {
    "alembic_version": "it tells the revision of the database",
    "data_export_parts": "they are the exports themselves",
    "ended_sessions": "it holds ids of sessions for minutes",
    "media_items": "the catalogue is nobody's; what you track of it is in the watchlist",
    "passkey_challenges": "it holds for minutes what a browser was asked to sign",
    "persisted_documents": "they are programs' questions, kept without who asked them",
    "pgqueuer": "it holds mails until they are sent",
    "pgqueuer_log": "it names no person",
    "pgqueuer_schedules": "it names no person",
    "pgqueuer_statistics": "it names no person",
    "rate_states": "it counts for a day at most how often things were done",
    "spellings": "they are names of genres and services",
    "streaming_providers": "the catalogue is nobody's",
}


def described() -> str:
    """Returns Markdown that describes all files and columns, for the export's README and the docs."""
    lines: list[str] = []
    for section in SECTIONS:
        lines += [f"## {section.name}", "", section.text, "", "| column | meaning |", "|---|---|"]
        lines += [f"| `{name}` | {meaning} |" for name, (_, meaning) in section.columns.items()]
        lines.append("")
    return "\n".join(lines)
