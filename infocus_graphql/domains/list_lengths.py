"""The lengths of the domains' lists, and what reading a page of them costs."""

from typing import Final

from infocus_graphql.graph.list_lengths import Length, Reading

FAMILIES: Final = Length("families", 20, "families of a user")
MEMBERS: Final = Length("members", 20, "members of a family")
PEOPLE: Final = Length("people", 100, "users who share a family with the viewer")
ENTRIES: Final = Length("entries", 20_000, "entries of a watchlist")
FAMILY_ENTRIES: Final = Length("family_entries", 100_000, "entries of a family's watchlists")
ALL_ENTRIES: Final = Length("all_entries", 200_000, "entries of all watchlists that the viewer sees")
TITLES: Final = Length("titles", 100_000, "titles of the catalogue")
SEASONS: Final = Length("seasons", 100, "seasons of a series")
EPISODES: Final = Length("episodes", 1_000, "episodes of a season")
CREDITS: Final = Length("credits", 500, "credits of a title")
COLLECTION: Final = Length("collection", 100, "films of a collection")
GENRES: Final = Length("genres", 50, "genres of TMDB")
SERVICES: Final = Length("services", 2_000, "streaming services")
COUNTRY_NAMES: Final = Length("country_names", 249, "countries")
LANGUAGE_NAMES: Final = Length("language_names", 184, "languages")
GENRES_OF_TITLE: Final = Length("genres_of_title", 8, "genres of a title")
RATINGS: Final = Length("ratings", 1, "ratings of a title")
SIMILAR_TITLES: Final = Length("similar_titles", 20, "similar titles")
CREDITS_OF_PERSON: Final = Length("credits_of_person", 1_000, "credits of a contributor")
VIDEOS: Final = Length("videos", 20, "videos of a title")
OFFER_EVENTS: Final = Length("offer_events", 1_000, "arrivals and departures of a title")
OFFERS: Final = Length("offers", 6, "offers of a title")
OWN_SERVICES: Final = Length("own_services", 50, "streaming services of a user")
RECOMMENDATIONS: Final = Length("recommendations", 1_000, "recommendations of a user")
INVITATIONS: Final = Length("invitations", 100, "invitations of a family")
NOTIFICATION_KINDS: Final = Length("notification_kinds", 12, "kinds of notifications")
PLAYS: Final = Length("plays", 50_000, "plays of a user")
PLAYS_OF_ENTRY: Final = Length("plays_of_entry", 1_000, "plays of a title")
NOTIFICATIONS: Final = Length("notifications", 1_000, "notifications of a user")
EVENTS: Final = Length("events", 10_000, "events of an audit log")

# Measured on the large data set. `make cost-search` searches for operations that exceed their estimate.
WATCHLIST: Final = Reading(
    ENTRIES, filtered=3, searched=20, sorted=6, indexed=frozenset({"DATE_ADDED", "DATE_UPDATED", "STATUS"})
)
WATCHLIST_STATS: Final = Reading(ENTRIES, counted=0.5)
FAMILY_WATCHLIST: Final = Reading(
    FAMILY_ENTRIES,
    always=1,
    filtered=4,
    searched=12,
    sorted=4,
    counted=0.5,
    indexed=frozenset({"DATE_ADDED", "DATE_UPDATED", "STATUS", "RATING"}),
)
FAMILY_TITLES: Final = Reading(
    FAMILY_ENTRIES,
    always=3,
    filtered=4,
    sorted=4,
    indexed=frozenset({"WANTED_BY", "AVERAGE_RATING", "DATE_ADDED"}),
)
FAMILY_TITLE: Final = Reading(MEMBERS, always=12, filtered=0)
SUGGESTIONS: Final = Reading(ALL_ENTRIES, always=9, filtered=0)
UP_NEXT: Final = Reading(ENTRIES, always=20, filtered=3)
PROGRESS: Final = Reading(EPISODES, always=1, counted=1)
TITLE_ENTRIES: Final = Reading(PEOPLE, always=4, counted=4)
CATALOGUE: Final = Reading(TITLES, filtered=3)
CHANGES: Final = Reading(ALL_ENTRIES, always=0.02, filtered=0)
SEARCH: Final = Reading(TITLES, always=0.1, filtered=0, counted=0)
