"""What staff see of others' data: a table that a test compares with the API and the data browser.

`docs/permissions.md` contains it. Every column of every database table is in exactly one row, so a new column
fails the test until it is listed.
"""

from dataclasses import dataclass

HEAD = """
## What staff see of others' data

Staff see accounts, the audit log, background jobs and the catalogue, because support and moderation need
them. Of watchlists, ratings, notes and families of other users they see only totals.

A test compares this table (`tests/domains/staff_sight.py`) with every field that staff can read through
`admin` and `node`, and with every page of the data browser.

| data | columns | API | data browser | reason |
|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Sight:
    """A group of columns. `fields` are the API fields that return them to staff."""

    words: str
    columns: tuple[str, ...]
    reason: str
    fields: tuple[str, ...] = ()
    browser: bool = False
    facts: tuple[str, ...] = ()  # computed values in the data browser

    def line(self) -> str:
        """Returns the row of the document."""
        columns = ", ".join(f"`{each}`" for each in self.columns)
        fields = ", ".join(f"`{each}`" for each in self.fields) or "no"
        shown = "yes" if self.browser or self.facts else "no"
        return f"| {self.words} | {columns} | {fields} | {shown} | {self.reason} |\n"


def _all(table: str, names: str) -> tuple[str, ...]:
    return tuple(f"{table}.{name}" for name in names.split())


_SECRET = "Secrets protect accounts. No user sees them."
_CONTENT = "It belongs to the user and the families it is shared with."
_OWN = "Only the user manages it. Whether there is a second factor, and the last use, are enough for support."
_INTERNAL = "Internal."

SIGHTS = (
    Sight(
        "accounts",
        _all("users", "id email name is_staff created_at email_verified_at"),
        "Support finds an account and its state.",
        _all("Account", "id email name isStaff createdAt emailVerified"),
        browser=True,
    ),
    Sight(
        "use of accounts",
        (),
        "Support sees whether an account is protected and in use, without the sessions and families.",
        _all("Account", "hasSecondFactor lastSeenAt familyCount"),
        facts=("hasSecondFactor", "lastSeenAt", "familyCount"),
    ),
    Sight("change of accounts", ("users.updated_at",), "Not needed; the audit log has the changes."),
    Sight("secrets of accounts", _all("users", "password_hash credentials_version"), _SECRET),
    Sight("profiles", _all("profiles", "id user_id bio avatar created_at updated_at"), _CONTENT),
    Sight("preferences", ("profiles.preferences",), "Only the user sees them."),
    Sight(
        "settings",
        (
            *_all("user_settings", "user_id region language time_zone"),
            *_all("user_services", "user_id streaming_service_id"),
        ),
        "Only the user sees them.",
    ),
    Sight(
        "sessions",
        _all(
            "sessions",
            "id user_id device ip_prefix created_at last_seen_at expires_at revoked_at second_factor_at",
        ),
        _OWN,
    ),
    Sight(
        "refresh tokens",
        _all("refresh_tokens", "id user_id session_id created_at expires_at revoked_at replaced_by_id"),
        _OWN,
    ),
    Sight(
        "API tokens", _all("api_tokens", "id user_id name scopes created_at expires_at last_used_at"), _OWN
    ),
    Sight("second factors", _all("second_factors", "id user_id created_at confirmed_at last_step"), _OWN),
    Sight("backup codes", _all("backup_codes", "id user_id used_at"), _OWN),
    Sight(
        "passkeys",
        _all(
            "passkeys",
            "id user_id name sign_count backup_eligible backed_up transports created_at last_used_at",
        ),
        _OWN,
    ),
    Sight(
        "hashes and keys",
        (
            *("sessions.token_hash", "refresh_tokens.token_hash", "api_tokens.token_hash"),
            *("second_factors.totp_secret", "backup_codes.code_hash"),
            *("passkeys.credential_id", "passkeys.public_key", "passkey_challenges.challenge_hash"),
            *("family_invitations.token_hash", "family_invitations.mail_token_hash"),
            *("email_tokens.token_hash", "email_tokens.password_hash", "email_tokens.credentials_version"),
        ),
        _SECRET,
    ),
    Sight("families", _all("families", "id name created_by_id created_at updated_at"), _CONTENT),
    Sight(
        "members of families",
        _all("family_memberships", "id family_id user_id role shares_watchlist joined_at"),
        _CONTENT,
    ),
    Sight(
        "invitations",
        _all(
            "family_invitations",
            "id family_id email status invited_by_id created_at expires_at accepted_at",
        ),
        "They contain addresses of users without an account.",
    ),
    Sight(
        "watchlists",
        _all(
            "watchlist_entries",
            "id user_id media_item_id status rating notes notes_visibility rewatch_count version date_added "
            "date_updated",
        ),
        _CONTENT,
    ),
    Sight(
        "plays",
        _all(
            "watch_events",
            "id user_id entry_id episode_id watched_at precision rewatch streaming_service_id source note "
            "created_at",
        ),
        _CONTENT,
    ),
    Sight(
        "recommendations",
        _all(
            "recommendations",
            "id media_item_id from_user_id to_user_id message status created_at updated_at",
        ),
        _CONTENT,
    ),
    Sight(
        "titles",
        _all(
            "media_items",
            "id tmdb_id tmdb_type title description poster_path backdrop_path release_date rating genres "
            "creators created_at updated_at",
        ),
        "The catalogue is public, and staff maintain it.",
        _all(
            "MediaItem",
            "id tmdbId tmdbType title description posterPath backdropPath releaseDate rating genres creators "
            "createdAt updatedAt",
        ),
        browser=True,
    ),
    Sight(
        "details of titles",
        (
            *_all(
                "seasons",
                "id media_item_id tmdb_id number title description air_date poster_path episode_count "
                "removed_at",
            ),
            *_all(
                "episodes",
                "id media_item_id season_id tmdb_id number title description air_date runtime_minutes kind "
                "still_path rating vote_count removed_at",
            ),
            *_all("people", "id tmdb_id name profile_path"),
            *_all("credits", "id media_item_id person_id kind character department job episode_count"),
            *_all("collections", "id tmdb_id name poster_path"),
            *_all("genres", "id tmdb_id name for_movies for_series"),
            *_all("media_videos", "id media_item_id site key name kind official language published_at"),
            *_all("streaming_services", "id slug name logo_path regions priority"),
            *_all(
                "offer_events",
                "media_item_id streaming_service_id offer_type country kind occurred_at",
            ),
            *_all(
                "media_items",
                "original_title original_language tagline end_date runtime_minutes production_status "
                "vote_count popularity countries imdb_id tvdb_id wikidata_id collection_id keywords "
                "removed_at",
            ),
            *_all("similar_titles", "media_item_id tmdb_type tmdb_id position"),
            *_all("title_fetches", "tmdb_type tmdb_id fetched_at"),
            "streaming_providers.streaming_service_id",
        ),
        "The catalogue is public.",
        (
            *_all(
                "MediaItem",
                "originalTitle originalLanguage tagline posterUrl backdropUrl endDate runtimeMinutes "
                "productionStatus voteCount popularity countries keywords fetchedAt removedAt",
            ),
            "StreamingProvider.link",
            *_all("ExternalIds", "imdb tvdb wikidata"),
            *_all("Rating", "source value votes"),
            *_all(
                "Season",
                "id tmdbId number title description isSpecials posterUrl airDate episodeCount removedAt",
            ),
            *_all(
                "Episode",
                "id tmdbId number title description stillUrl airDate runtimeMinutes episodeKind rating "
                "voteCount viewerPlays watchedByViewer removedAt",
            ),
            *_all("Person", "id tmdbId name profileUrl"),
            *_all("Credit", "id creditKind character department job creditedEpisodeCount"),
            *_all("MediaCollection", "id tmdbId name posterUrl"),
            *_all("Genre", "id tmdbId name forMovies forSeries"),
            *_all("Video", "id site key name videoKind official language publishedAt"),
            *_all("StreamingService", "id slug name logoUrl regions priority"),
            *_all("OfferEvent", "offerType country kind occurredAt"),
        ),
    ),
    Sight(
        "details of titles that the API does not show to staff as they are",
        (
            *_all("seasons", "created_at"),
            *_all("episodes", "created_at"),
            *_all("people", "created_at"),
            *_all("credits", "tmdb_credit_id position"),
            *_all("collections", "created_at"),
            *_all("genres", "created_at"),
            *_all("genre_names", "genre_id language name"),
            *_all(
                "media_translations", "media_item_id language country is_default title description tagline"
            ),
            *_all("media_certifications", "media_item_id country label minimum_age"),
            "media_videos.position",
            *_all("streaming_services", "name_sort created_at"),
            *_all("tmdb_providers", "tmdb_id streaming_service_id name"),
            "offer_events.number",
            *_all("catalogue_syncs", "name synced_at"),
            *_all(
                "title_fetches",
                "claim claimed_until missing_since failed_at failures refresh_at",
            ),
        ),
        _INTERNAL,
    ),
    Sight(
        "forms and words of texts for search and order, and spellings",
        (
            *_all("media_items", "title_search title_sort"),
            "streaming_providers.provider_sort",
            *_all("spellings", "kind key name"),
            *_all("media_search_terms", "media_item_id terms"),
            *_all("search_words", "word typo_keys"),
        ),
        _INTERNAL,
    ),
    Sight(
        "offers of titles",
        _all("streaming_providers", "id media_item_id provider offer_type url regions added_at"),
        "The catalogue is public, and staff maintain it.",
        _all("StreamingProvider", "id provider offerType url regions addedAt"),
        browser=True,
    ),
    Sight(
        "audit log",
        _all(
            "audit_events",
            "id action actor_id target_user_id object_id family_id ip_prefix device details created_at",
        ),
        "Staff investigate attacks and complaints. Events contain ids and no content; families stay ids.",
        _all("AuditEvent", "id action createdAt targetId ipPrefix device details"),
        browser=True,
    ),
    Sight(
        "failed jobs",
        _all("failed_jobs", "id kind attempts created_at failed_at reason"),
        "Staff find out why e-mails don't arrive. The data of jobs is never shown.",
        _all("FailedJob", "id kind attempts createdAt failedAt reason"),
        browser=True,
    ),
    Sight(
        "counts of jobs",
        (),
        "Staff see whether workers keep up.",
        _all("JobStats", "waiting delayed running failed"),
        facts=("Waiting", "Delayed", "Running", "Failed"),
    ),
    Sight(
        "totals",
        (),
        "Staff see how much the server is used.",
        facts=(
            *("Accounts", "Unverified accounts", "Families", "Titles", "Offers", "Watchlist entries"),
            *("Recommendations", "Audit events in 24 hours", "Failed sign-ins in 24 hours"),
        ),
    ),
    Sight(
        "data exports",
        (
            *_all("data_exports", "id user_id status attempts bytes created_at finished_at expires_at"),
            *_all("data_export_parts", "export_id number content"),
        ),
        "A copy of all data of a user is for that user only.",
    ),
    Sight(
        "deletions of accounts",
        (
            *_all("account_deletions", "user_id created_at scheduled_at"),
            *_all("family_successions", "user_id family_id new_owner_id deletes_family"),
        ),
        "Only the user can cancel one. The audit log has the request.",
    ),
    Sight(
        "pending e-mail links",
        _all("email_tokens", "id purpose email user_id name created_at expires_at used_at"),
        "They contain addresses of users without an account.",
    ),
    Sight(
        "sign-ins with passkeys in progress",
        _all("passkey_challenges", "id purpose user_id session_id expires_at"),
        _INTERNAL,
    ),
    Sight(
        "notifications",
        (
            *_all(
                "notifications", "id user_id kind merge_key actor_id family_id media_item_id subject_id count"
            ),
            *_all("notifications", "in_app created_at occurred_at read_at"),
        ),
        _CONTENT,
    ),
    Sight(
        "preferences and deliveries of notifications",
        (
            *_all("notification_preferences", "user_id kind in_app email"),
            *_all("notification_schedules", "user_id quiet_from quiet_until digest_at"),
            *_all("notification_deliveries", "id user_id notification_id channel digest status due_at"),
            *_all("notification_deliveries", "created_at finished_at"),
        ),
        "Only the user sees them.",
    ),
    Sight("keys of unsubscribe links", ("notification_schedules.unsubscribe_key",), _SECRET),
    Sight("position of notifications", _all("notification_position", "name event_id"), _INTERNAL),
    Sight(
        "events of subscriptions",
        _all("events", "id type node_id user_id other_user_id family_id media_item_id occurred_at"),
        "They show what users do.",
    ),
    Sight(
        "stored requests",
        (
            *_all("persisted_documents", "digest document used_at"),
            *_all(
                "idempotency_records",
                "user_id operation key fingerprint claim response payload created_at",
            ),
        ),
        _INTERNAL,
    ),
)


def document() -> str:
    """Returns the section of docs/permissions.md."""
    return HEAD + "".join(sight.line() for sight in SIGHTS)
