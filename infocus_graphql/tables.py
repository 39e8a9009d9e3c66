"""Imports every model and policy module, so that mappers, predicates and migrations know all tables."""

from infocus_graphql.db.base import Base
from infocus_graphql.domains.admin import models as admin
from infocus_graphql.domains.admin import policy as admin_policy
from infocus_graphql.domains.audit import models as audit
from infocus_graphql.domains.catalogue import models as catalogue
from infocus_graphql.domains.catalogue import policy as catalogue_policy
from infocus_graphql.domains.deliveries import models as deliveries
from infocus_graphql.domains.deliveries import policy as deliveries_policy
from infocus_graphql.domains.events import models as events
from infocus_graphql.domains.events import policy as events_policy
from infocus_graphql.domains.families import models as families
from infocus_graphql.domains.families import policy as families_policy
from infocus_graphql.domains.idempotency import models as idempotency
from infocus_graphql.domains.idempotency import policy as idempotency_policy
from infocus_graphql.domains.identity.api_tokens import models as api_tokens
from infocus_graphql.domains.identity.api_tokens import policy as api_tokens_policy
from infocus_graphql.domains.identity.mfa import models as mfa
from infocus_graphql.domains.identity.mfa import policy as mfa_policy
from infocus_graphql.domains.identity.passkeys import models as passkeys
from infocus_graphql.domains.identity.passkeys import policy as passkeys_policy
from infocus_graphql.domains.identity.sessions import models as sessions
from infocus_graphql.domains.identity.sessions import policy as sessions_policy
from infocus_graphql.domains.identity.user_settings import models as user_settings
from infocus_graphql.domains.identity.user_settings import policy as user_settings_policy
from infocus_graphql.domains.identity.users import models as users
from infocus_graphql.domains.identity.users import policy as users_policy
from infocus_graphql.domains.media import details as media_details
from infocus_graphql.domains.media import models as media
from infocus_graphql.domains.media import policy as media_policy
from infocus_graphql.domains.notifications import models as notifications
from infocus_graphql.domains.notifications import policy as notifications_policy
from infocus_graphql.domains.notifications import preferences as notification_preferences
from infocus_graphql.domains.people import models as people
from infocus_graphql.domains.people import policy as people_policy
from infocus_graphql.domains.persisted_documents import models as persisted_documents
from infocus_graphql.domains.persisted_documents import policy as persisted_documents_policy
from infocus_graphql.domains.plays import models as plays
from infocus_graphql.domains.plays import policy as plays_policy
from infocus_graphql.domains.privacy import models as privacy
from infocus_graphql.domains.privacy import policy as privacy_policy
from infocus_graphql.domains.recommendations import models as recommendations
from infocus_graphql.domains.recommendations import policy as recommendations_policy
from infocus_graphql.domains.registration import models as registration
from infocus_graphql.domains.registration import policy as registration_policy
from infocus_graphql.domains.search import models as search
from infocus_graphql.domains.search import policy as search_policy
from infocus_graphql.domains.series import models as series
from infocus_graphql.domains.series import policy as series_policy
from infocus_graphql.domains.streaming import models as streaming
from infocus_graphql.domains.streaming import policy as streaming_policy
from infocus_graphql.domains.watchlists import models as watchlists
from infocus_graphql.domains.watchlists import policy as watchlists_policy
from infocus_graphql.rate_limiting import postgres_store as rate_limits

MODELS = (
    users,
    user_settings,
    audit,
    api_tokens,
    sessions,
    families,
    registration,
    media,
    media_details,
    series,
    people,
    streaming,
    catalogue,
    search,
    watchlists,
    plays,
    events,
    mfa,
    passkeys,
    admin,
    recommendations,
    notifications,
    notification_preferences,
    deliveries,
    privacy,
    idempotency,
    persisted_documents,
    rate_limits,
)
POLICIES = (
    users_policy,
    user_settings_policy,
    api_tokens_policy,
    sessions_policy,
    families_policy,
    registration_policy,
    media_policy,
    series_policy,
    people_policy,
    streaming_policy,
    catalogue_policy,
    search_policy,
    watchlists_policy,
    plays_policy,
    events_policy,
    mfa_policy,
    passkeys_policy,
    admin_policy,
    recommendations_policy,
    notifications_policy,
    deliveries_policy,
    privacy_policy,
    idempotency_policy,
    persisted_documents_policy,
)
metadata = Base.metadata
