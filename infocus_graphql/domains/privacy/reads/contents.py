"""The contents of an export: its sections in order, and the excluded tables with the reasons."""

from collections.abc import Mapping
from typing import Final

from infocus_graphql.domains.privacy.reads.account_sections import OF_ACCOUNT, OF_REQUESTS
from infocus_graphql.domains.privacy.reads.list_sections import OF_LISTS

SECTIONS: Final = (*OF_ACCOUNT, *OF_LISTS, *OF_REQUESTS)

_DETAILS = (
    *("catalogue_syncs", "collections", "credits", "episodes", "genre_names", "genres"),
    *("media_certifications", "media_translations", "media_videos", "offer_events", "people", "seasons"),
    *("similar_titles", "streaming_services", "title_fetches", "tmdb_providers"),
)
# Tables that no export contains, and why. A test checks that every table of the database is here or above.
LEFT_OUT: Final[Mapping[str, str]] = {
    "alembic_version": "it has the schema revision of the database",
    "data_export_parts": "it has the exports themselves",
    "revoked_sessions": "it has ids of revoked sessions for minutes",
    "events": "it has ids of changed objects",
    "event_outbox": "it has ids of changed objects for seconds",
    "media_items": "the catalogue is shared; your entries are in the watchlist",
    "notification_position": "it has the id of an event",
    "passkey_challenges": "it has WebAuthn challenges for minutes",
    "persisted_documents": "it has GraphQL documents without a user",
    "pgqueuer": "it has mails until they are sent",
    "pgqueuer_log": "it has no personal data",
    "pgqueuer_schedules": "it has no personal data",
    "pgqueuer_statistics": "it has no personal data",
    "rate_states": "it has rate limit counters for a day at most",
    "media_search_terms": "it has the words of titles",
    "search_words": "it has the words of titles",
    "spellings": "it has names of genres and services",
    "streaming_providers": "the catalogue is shared",
    **dict.fromkeys(_DETAILS, "the catalogue is shared"),
}


def described() -> str:
    """Returns Markdown that describes all files and columns, for the export's README and the docs."""
    lines: list[str] = []
    for section in SECTIONS:
        lines += [f"## {section.name}", "", section.text, "", "| column | meaning |", "|---|---|"]
        lines += [f"| `{name}` | {meaning} |" for name, (_, meaning) in section.columns.items()]
        lines.append("")
    return "\n".join(lines)
