"""Lazy references to the GraphQL types that other domains use, which avoids import cycles between domains."""

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from infocus_graphql.domains.admin.types import Account, Admin, FailedJob, JobStats
    from infocus_graphql.domains.audit.types import AuditAction, AuditEvent
    from infocus_graphql.domains.events.types import Event
    from infocus_graphql.domains.families.types import (
        Family,
        FamilyInvitation,
        FamilyMembership,
        FamilyRole,
        ViewerFamilyConnection,
    )
    from infocus_graphql.domains.identity.api_tokens.types import ApiScope, ApiToken
    from infocus_graphql.domains.identity.passkeys.types import Passkey, PasskeyTransport
    from infocus_graphql.domains.identity.sessions.types import RefreshToken, Session
    from infocus_graphql.domains.identity.user_settings.types import UserSettings
    from infocus_graphql.domains.identity.users.types import Profile, User, Viewer
    from infocus_graphql.domains.media.types import (
        Certification,
        ExternalIds,
        Genre,
        MediaCollection,
        MediaItem,
        MediaItemFilter,
        MediaItemOrder,
        MediaRef,
        MediaType,
        OfferType,
        Rating,
        StreamingProvider,
        Video,
    )
    from infocus_graphql.domains.notifications.types import (
        Notification,
        NotificationFilter,
        NotificationKind,
        NotificationPreference,
        NotificationSchedule,
    )
    from infocus_graphql.domains.people.types import Credit, Person
    from infocus_graphql.domains.plays.types import Progress, SeasonProgress, UpNext, UpNextFilter, WatchEvent
    from infocus_graphql.domains.privacy.types import AccountDeletion, DataExport
    from infocus_graphql.domains.recommendations.types import Recommendation, RecommendationStatus, Suggestion
    from infocus_graphql.domains.series.types import Episode, Season
    from infocus_graphql.domains.streaming.types import OfferEvent, StreamingService
    from infocus_graphql.domains.watchlists.types import (
        FamilyTitle,
        FamilyTitleFilter,
        FamilyTitleOrder,
        WatchlistEntry,
        WatchlistFilter,
        WatchlistOrder,
        WatchlistStats,
    )
else:
    _D = "infocus_graphql.domains."
    _ACCOUNTS = strawberry.lazy(_D + "identity.users.types")
    _API_TOKENS = strawberry.lazy(_D + "identity.api_tokens.types")
    _AUDIT = strawberry.lazy(_D + "audit.types")
    _AUTH = strawberry.lazy(_D + "identity.sessions.types")
    _EVENTS = strawberry.lazy(_D + "events.types")
    _FAMILIES = strawberry.lazy(_D + "families.types")
    _MEDIA = strawberry.lazy(_D + "media.types")
    _NOTIFICATIONS = strawberry.lazy(_D + "notifications.types")
    _PEOPLE = strawberry.lazy(_D + "people.types")
    _PASSKEYS = strawberry.lazy(_D + "identity.passkeys.types")
    _PERSONAL_DATA = strawberry.lazy(_D + "privacy.types")
    _RECOMMENDATIONS = strawberry.lazy(_D + "recommendations.types")
    _SERIES = strawberry.lazy(_D + "series.types")
    _STAFF = strawberry.lazy(_D + "admin.types")
    _STREAMING = strawberry.lazy(_D + "streaming.types")
    _USER_SETTINGS = strawberry.lazy(_D + "identity.user_settings.types")
    _PLAYS = strawberry.lazy(_D + "plays.types")
    _WATCHLISTS = strawberry.lazy(_D + "watchlists.types")

    User = Annotated["User", _ACCOUNTS]
    Profile = Annotated["Profile", _ACCOUNTS]
    Viewer = Annotated["Viewer", _ACCOUNTS]
    ApiToken = Annotated["ApiToken", _API_TOKENS]
    ApiScope = Annotated["ApiScope", _API_TOKENS]
    AuditAction = Annotated["AuditAction", _AUDIT]
    AuditEvent = Annotated["AuditEvent", _AUDIT]
    Session = Annotated["Session", _AUTH]
    RefreshToken = Annotated["RefreshToken", _AUTH]
    Event = Annotated["Event", _EVENTS]
    Family = Annotated["Family", _FAMILIES]
    FamilyMembership = Annotated["FamilyMembership", _FAMILIES]
    FamilyInvitation = Annotated["FamilyInvitation", _FAMILIES]
    ViewerFamilyConnection = Annotated["ViewerFamilyConnection", _FAMILIES]
    FamilyRole = Annotated["FamilyRole", _FAMILIES]
    Certification = Annotated["Certification", _MEDIA]
    ExternalIds = Annotated["ExternalIds", _MEDIA]
    Rating = Annotated["Rating", _MEDIA]
    Genre = Annotated["Genre", _MEDIA]
    MediaCollection = Annotated["MediaCollection", _MEDIA]
    MediaItem = Annotated["MediaItem", _MEDIA]
    MediaItemFilter = Annotated["MediaItemFilter", _MEDIA]
    MediaItemOrder = Annotated["MediaItemOrder", _MEDIA]
    MediaType = Annotated["MediaType", _MEDIA]
    MediaRef = Annotated["MediaRef", _MEDIA]
    OfferType = Annotated["OfferType", _MEDIA]
    StreamingProvider = Annotated["StreamingProvider", _MEDIA]
    Video = Annotated["Video", _MEDIA]
    Notification = Annotated["Notification", _NOTIFICATIONS]
    NotificationFilter = Annotated["NotificationFilter", _NOTIFICATIONS]
    NotificationKind = Annotated["NotificationKind", _NOTIFICATIONS]
    NotificationPreference = Annotated["NotificationPreference", _NOTIFICATIONS]
    NotificationSchedule = Annotated["NotificationSchedule", _NOTIFICATIONS]
    Person = Annotated["Person", _PEOPLE]
    Credit = Annotated["Credit", _PEOPLE]
    Season = Annotated["Season", _SERIES]
    Episode = Annotated["Episode", _SERIES]
    StreamingService = Annotated["StreamingService", _STREAMING]
    OfferEvent = Annotated["OfferEvent", _STREAMING]
    Passkey = Annotated["Passkey", _PASSKEYS]
    PasskeyTransport = Annotated["PasskeyTransport", _PASSKEYS]
    AccountDeletion = Annotated["AccountDeletion", _PERSONAL_DATA]
    DataExport = Annotated["DataExport", _PERSONAL_DATA]
    Recommendation = Annotated["Recommendation", _RECOMMENDATIONS]
    RecommendationStatus = Annotated["RecommendationStatus", _RECOMMENDATIONS]
    Suggestion = Annotated["Suggestion", _RECOMMENDATIONS]
    Account = Annotated["Account", _STAFF]
    Admin = Annotated["Admin", _STAFF]
    FailedJob = Annotated["FailedJob", _STAFF]
    JobStats = Annotated["JobStats", _STAFF]
    Progress = Annotated["Progress", _PLAYS]
    SeasonProgress = Annotated["SeasonProgress", _PLAYS]
    UpNext = Annotated["UpNext", _PLAYS]
    UpNextFilter = Annotated["UpNextFilter", _PLAYS]
    WatchEvent = Annotated["WatchEvent", _PLAYS]
    UserSettings = Annotated["UserSettings", _USER_SETTINGS]
    FamilyTitle = Annotated["FamilyTitle", _WATCHLISTS]
    FamilyTitleFilter = Annotated["FamilyTitleFilter", _WATCHLISTS]
    FamilyTitleOrder = Annotated["FamilyTitleOrder", _WATCHLISTS]
    WatchlistEntry = Annotated["WatchlistEntry", _WATCHLISTS]
    WatchlistFilter = Annotated["WatchlistFilter", _WATCHLISTS]
    WatchlistOrder = Annotated["WatchlistOrder", _WATCHLISTS]
    WatchlistStats = Annotated["WatchlistStats", _WATCHLISTS]

__all__ = [
    "Account",
    "AccountDeletion",
    "Admin",
    "ApiScope",
    "ApiToken",
    "AuditAction",
    "AuditEvent",
    "Certification",
    "Credit",
    "DataExport",
    "Episode",
    "Event",
    "ExternalIds",
    "FailedJob",
    "Family",
    "FamilyInvitation",
    "FamilyMembership",
    "FamilyRole",
    "FamilyTitle",
    "FamilyTitleFilter",
    "FamilyTitleOrder",
    "Genre",
    "JobStats",
    "MediaCollection",
    "MediaItem",
    "MediaItemFilter",
    "MediaItemOrder",
    "MediaRef",
    "MediaType",
    "Notification",
    "NotificationFilter",
    "NotificationKind",
    "NotificationPreference",
    "NotificationSchedule",
    "OfferEvent",
    "OfferType",
    "Passkey",
    "PasskeyTransport",
    "Person",
    "Profile",
    "Progress",
    "Rating",
    "Recommendation",
    "RecommendationStatus",
    "RefreshToken",
    "Season",
    "SeasonProgress",
    "Session",
    "StreamingProvider",
    "StreamingService",
    "Suggestion",
    "UpNext",
    "UpNextFilter",
    "User",
    "UserSettings",
    "Video",
    "Viewer",
    "ViewerFamilyConnection",
    "WatchEvent",
    "WatchlistEntry",
    "WatchlistFilter",
    "WatchlistOrder",
    "WatchlistStats",
]
