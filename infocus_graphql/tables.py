"""Imports every model and policy module, so that mappers, predicates and migrations know all tables."""

from infocus_graphql.db.base import Base
from infocus_graphql.domains.admin import models as staff
from infocus_graphql.domains.admin import policy as staff_policy
from infocus_graphql.domains.audit import models as audit
from infocus_graphql.domains.families import models as families
from infocus_graphql.domains.families import policy as families_policy
from infocus_graphql.domains.identity.api_tokens import models as api_tokens
from infocus_graphql.domains.identity.api_tokens import policy as api_tokens_policy
from infocus_graphql.domains.identity.mfa import models as second_factor
from infocus_graphql.domains.identity.mfa import policy as second_factor_policy
from infocus_graphql.domains.identity.passkeys import models as passkeys
from infocus_graphql.domains.identity.passkeys import policy as passkeys_policy
from infocus_graphql.domains.identity.sessions import models as auth
from infocus_graphql.domains.identity.sessions import policy as auth_policy
from infocus_graphql.domains.identity.users import models as accounts
from infocus_graphql.domains.identity.users import policy as accounts_policy
from infocus_graphql.domains.media import models as media
from infocus_graphql.domains.media import policy as media_policy
from infocus_graphql.domains.privacy import models as personal_data
from infocus_graphql.domains.privacy import policy as personal_data_policy
from infocus_graphql.domains.recommendations import models as recommendations
from infocus_graphql.domains.recommendations import policy as recommendations_policy
from infocus_graphql.domains.registration import models as identity
from infocus_graphql.domains.registration import policy as identity_policy
from infocus_graphql.domains.requests import models as requests
from infocus_graphql.domains.requests import policy as requests_policy
from infocus_graphql.domains.watchlists import models as watchlists
from infocus_graphql.domains.watchlists import policy as watchlists_policy
from infocus_graphql.rate_limiting import postgres_store as rates

MODELS = (
    accounts,
    audit,
    api_tokens,
    auth,
    families,
    identity,
    media,
    watchlists,
    second_factor,
    passkeys,
    staff,
    recommendations,
    personal_data,
    requests,
    rates,
)
POLICIES = (
    accounts_policy,
    api_tokens_policy,
    auth_policy,
    families_policy,
    identity_policy,
    media_policy,
    watchlists_policy,
    second_factor_policy,
    passkeys_policy,
    staff_policy,
    recommendations_policy,
    personal_data_policy,
    requests_policy,
)
metadata = Base.metadata
