"""The root fields of the schema and the mapped classes, for the tests of this folder."""

from typing import Any

from infocus_graphql.db.base import Base
from infocus_graphql.domains.catalogue.models import CatalogueSync, TitleFetch
from infocus_graphql.domains.deliveries.models import Delivery
from infocus_graphql.domains.idempotency.models import IdempotencyRecord
from infocus_graphql.domains.identity.mfa.models import BackupCode, SecondFactor
from infocus_graphql.domains.identity.passkeys.models import PasskeyChallenge
from infocus_graphql.domains.identity.user_settings.models import UserService, UserSettings
from infocus_graphql.domains.media.detail_reads import SimilarItem
from infocus_graphql.domains.media.details import (
    GenreName,
    MediaCertification,
    MediaTranslation,
    SimilarTitle,
)
from infocus_graphql.domains.media.models import Spelling
from infocus_graphql.domains.notifications.models import (
    NotificationPosition,
    NotificationPreference,
    NotificationSchedule,
)
from infocus_graphql.domains.persisted_documents.models import PersistedDocument
from infocus_graphql.domains.privacy.models import DataExportPart, FamilySuccession
from infocus_graphql.domains.registration.models import EmailToken
from infocus_graphql.domains.search.models import MediaSearchTerms, SearchWord
from infocus_graphql.domains.streaming.models import TmdbProvider
from tests.graph.walk import CORE, fields

ROOT_FIELDS = [*fields(CORE.query_type), *fields(CORE.mutation_type)]
# Sorted, because the workers of a test run must collect the tests in the same order.
MAPPED: list[Any] = sorted(
    (each.class_ for each in Base.registry.mappers if "infocus" in each.class_.__module__),
    key=lambda model: model.__name__,
)
# Models that no GraphQL type shows: they are internal, or fields of other types read them.
INNER = {
    EmailToken,
    SecondFactor,
    BackupCode,
    PasskeyChallenge,
    DataExportPart,
    FamilySuccession,
    IdempotencyRecord,
    PersistedDocument,
    Spelling,
    MediaSearchTerms,
    SearchWord,
    GenreName,
    MediaCertification,
    MediaTranslation,
    SimilarItem,
    SimilarTitle,
    CatalogueSync,
    TitleFetch,
    TmdbProvider,
    NotificationPosition,
    NotificationPreference,  # read by the type of `Preference`
    NotificationSchedule,
    Delivery,
    UserService,  # read by fields over `User`, as the next
    UserSettings,
}
