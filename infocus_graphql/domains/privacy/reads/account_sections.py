"""Export sections: the account, sign-in data, the audit log, and requests."""

from typing import Final

from sqlalchemy import and_, case, or_

from infocus_graphql.domains.audit.models import AuditEvent
from infocus_graphql.domains.idempotency.models import IdempotencyRecord
from infocus_graphql.domains.identity.api_tokens.models import ApiToken
from infocus_graphql.domains.identity.mfa.models import BackupCode, SecondFactor
from infocus_graphql.domains.identity.passkeys.models import Passkey
from infocus_graphql.domains.identity.sessions.models import RefreshToken, Session
from infocus_graphql.domains.identity.users.models import Profile, User
from infocus_graphql.domains.privacy.models import AccountDeletion, DataExport, FamilySuccession
from infocus_graphql.domains.privacy.reads.section import PERSON, PROVED, Section, own
from infocus_graphql.domains.registration.models import EmailToken

_ACCOUNT: Final = Section(
    "account",
    "The account and its profile; one row.",
    {
        "id": (User.id, "The account's id."),
        "email": (User.email, "The address for signing in."),
        "emailVerifiedAt": (User.email_verified_at, "When the address was last proved to be yours."),
        "name": (User.name, "The name that you go by."),
        "isStaff": (User.is_staff, "Whether you may change the catalogue."),
        "createdAt": (User.created_at, "When the account was made."),
        "updatedAt": (User.updated_at, "When the account last changed."),
        "bio": (Profile.bio, "What you tell about yourself."),
        "avatar": (Profile.avatar, "The address of your picture."),
        "preferences": (Profile.preferences, "Settings that applications have kept for you."),
        "profileId": (Profile.id, "The profile's id."),
        "profileCreatedAt": (Profile.created_at, "When the profile was made."),
        "profileUpdatedAt": (Profile.updated_at, "When the profile last changed."),
    },
    lambda found: found.join(Profile, Profile.user_id == User.id, isouter=True).where(User.id == PERSON),
)
_SESSIONS: Final = Section(
    "sessions",
    "Devices that were signed in, the oldest first.",
    {
        "id": (Session.id, "The session's id."),
        "device": (Session.device, "What the device called itself."),
        "ipPrefix": (Session.ip_prefix, "The network that it came from."),
        "createdAt": (Session.created_at, "When you signed in."),
        "lastSeenAt": (Session.last_seen_at, "When it was last in use."),
        "expiresAt": (Session.expires_at, "When it runs out."),
        "endedAt": (Session.revoked_at, "When it was ended before its time."),
        "secondFactorAt": (Session.second_factor_at, "When a code was last shown in it."),
    },
    own(Session, Session.id),
)
_REFRESH_TOKENS: Final = Section(
    "refresh-tokens",
    "The keys that keep sessions alive, without the keys themselves.",
    {
        "id": (RefreshToken.id, "The token's id."),
        "sessionId": (RefreshToken.session_id, "Its session."),
        "createdAt": (RefreshToken.created_at, "When it was made."),
        "expiresAt": (RefreshToken.expires_at, "When it runs out."),
        "revokedAt": (RefreshToken.revoked_at, "When it was used or ended."),
        "replacedById": (RefreshToken.replaced_by_id, "The token that came after it."),
    },
    own(RefreshToken, RefreshToken.id),
)
_API_TOKENS: Final = Section(
    "api-tokens",
    "The keys that you made for programs, without the keys themselves.",
    {
        "id": (ApiToken.id, "The token's id."),
        "name": (ApiToken.name, "What you call it."),
        "scopes": (ApiToken.scopes, "What it may be used for."),
        "createdAt": (ApiToken.created_at, "When it was made."),
        "expiresAt": (ApiToken.expires_at, "Until when it can be used."),
        "lastUsedAt": (ApiToken.last_used_at, "When it was last used."),
    },
    own(ApiToken, ApiToken.id),
)
_SECOND_FACTOR: Final = Section(
    "second-factor",
    "The second factor, without its secret; a row if there is one.",
    {
        "id": (SecondFactor.id, "Its id."),
        "createdAt": (SecondFactor.created_at, "When it was begun."),
        "confirmedAt": (SecondFactor.confirmed_at, "Since when signing in takes it."),
    },
    own(SecondFactor, SecondFactor.id),
)
_BACKUP_CODES: Final = Section(
    "backup-codes",
    "The codes in place of the second factor, without the codes themselves.",
    {
        "id": (BackupCode.id, "Its id."),
        "usedAt": (BackupCode.used_at, "When it was used up."),
    },
    own(BackupCode, BackupCode.id),
)
_PASSKEYS: Final = Section(
    "passkeys",
    "The passkeys that you sign in with, without their keys.",
    {
        "id": (Passkey.id, "The passkey's id."),
        "name": (Passkey.name, "What you call it."),
        "transports": (Passkey.transports, "How a browser gets at it."),
        "backupEligible": (Passkey.backup_eligible, "Whether there may be copies of it."),
        "backedUp": (Passkey.backed_up, "Whether there are any."),
        "signCount": (Passkey.sign_count, "How often it says that it was used."),
        "createdAt": (Passkey.created_at, "When you added it."),
        "lastUsedAt": (Passkey.last_used_at, "When you last signed in with it."),
    },
    own(Passkey, Passkey.id),
)
_EMAIL_LINKS: Final = Section(
    "email-links",
    "The links that were mailed to you lately, or to an address that you gave, without what opens them.",
    {
        "id": (EmailToken.id, "The link's id."),
        "purpose": (EmailToken.purpose, "What it is for."),
        "email": (EmailToken.email, "Where it went."),
        "createdAt": (EmailToken.created_at, "When it was asked for."),
        "expiresAt": (EmailToken.expires_at, "Until when it works."),
        "usedAt": (EmailToken.used_at, "When it was used or ended."),
    },
    lambda found: found.where(or_(EmailToken.user_id == PERSON, EmailToken.email == PROVED)).order_by(
        EmailToken.id
    ),
)
# Network and device are exported for the user's own actions only, as in `Viewer.auditLog`.
_CAME_FROM_PERSON: Final = or_(
    AuditEvent.actor_id == PERSON, and_(AuditEvent.actor_id.is_(None), AuditEvent.person_id == PERSON)
)
_AUDIT_LOG: Final = Section(
    "audit-log",
    "What you did, and what was done about your account.",
    {
        "id": (AuditEvent.id, "The event's id."),
        "action": (AuditEvent.action, "What was done."),
        "actorId": (AuditEvent.actor_id, "Who did it."),
        "targetUserId": (AuditEvent.person_id, "Whose account it was about."),
        "targetFamilyId": (AuditEvent.family_id, "Which family it was about."),
        "targetId": (AuditEvent.object_id, "What it was done to."),
        "ipPrefix": (case((_CAME_FROM_PERSON, AuditEvent.ip_prefix)), "Your network."),
        "device": (case((_CAME_FROM_PERSON, AuditEvent.device)), "Your device."),
        "details": (AuditEvent.details, "What else there is to know."),
        "createdAt": (AuditEvent.created_at, "When it was done."),
    },
    lambda found: found.where(or_(AuditEvent.actor_id == PERSON, AuditEvent.person_id == PERSON)).order_by(
        AuditEvent.created_at, AuditEvent.id
    ),
)
_RETRIED: Final = Section(
    "retried-requests",
    "Changes that applications may send again within a day, without the answers that are kept for that.",
    {
        "operation": (IdempotencyRecord.operation, "Which change."),
        "key": (IdempotencyRecord.key, "The application's key for it."),
        "createdAt": (IdempotencyRecord.created_at, "When it was made."),
    },
    own(IdempotencyRecord, IdempotencyRecord.created_at),
)
_EXPORTS: Final = Section(
    "data-exports",
    "Exports like this one.",
    {
        "id": (DataExport.id, "The export's id."),
        "status": (DataExport.status, "`QUEUED`, `RUNNING`, `SUCCEEDED` or `FAILED`."),
        "attempts": (DataExport.attempts, "How often it was begun."),
        "bytes": (DataExport.bytes, "The size of its file."),
        "createdAt": (DataExport.created_at, "When you asked for it."),
        "finishedAt": (DataExport.finished_at, "When it was ready, or had failed."),
        "downloadExpiresAt": (DataExport.expires_at, "Until when it can be fetched."),
    },
    own(DataExport, DataExport.id),
)
_DELETION: Final = Section(
    "account-deletion",
    "The deletion of your account; a row if you have asked for it.",
    {
        "createdAt": (AccountDeletion.created_at, "When you asked for it."),
        "scheduledAt": (AccountDeletion.scheduled_at, "When it will happen."),
    },
    own(AccountDeletion, AccountDeletion.user_id),
)
_SUCCESSIONS: Final = Section(
    "family-successions",
    "What you decided about your families for that case.",
    {
        "familyId": (FamilySuccession.family_id, "The family's id."),
        "transferToUserId": (FamilySuccession.new_owner_id, "Who takes it over."),
        "deleteFamily": (FamilySuccession.deletes_family, "Whether it is deleted."),
    },
    own(FamilySuccession, FamilySuccession.family_id),
)

OF_ACCOUNT: Final = (
    _ACCOUNT,
    _SESSIONS,
    _REFRESH_TOKENS,
    _API_TOKENS,
    _SECOND_FACTOR,
    _BACKUP_CODES,
    _PASSKEYS,
    _EMAIL_LINKS,
)
OF_REQUESTS: Final = (_AUDIT_LOG, _RETRIED, _EXPORTS, _DELETION, _SUCCESSIONS)
