"""Export sections: the account, sign-in data, the audit log, and requests."""

from typing import Final

from sqlalchemy import and_, case, or_

from infocus_graphql.domains.audit.models import AuditEvent
from infocus_graphql.domains.idempotency.models import IdempotencyRecord
from infocus_graphql.domains.identity.api_tokens.models import ApiToken
from infocus_graphql.domains.identity.mfa.models import BackupCode, SecondFactor
from infocus_graphql.domains.identity.passkeys.models import Passkey
from infocus_graphql.domains.identity.sessions.models import RefreshToken, Session
from infocus_graphql.domains.identity.user_settings.models import UserService, UserSettings
from infocus_graphql.domains.identity.users.models import Profile, User
from infocus_graphql.domains.privacy.models import AccountDeletion, DataExport, FamilySuccession
from infocus_graphql.domains.privacy.reads.section import PROVED, USER_ID, Section, own
from infocus_graphql.domains.registration.models import EmailToken
from infocus_graphql.domains.streaming.models import StreamingService

_ACCOUNT: Final = Section(
    "account",
    "The account and its profile; one row.",
    {
        "id": (User.id, "The account's id."),
        "email": (User.email, "The e-mail address."),
        "emailVerifiedAt": (User.email_verified_at, "When the address was last verified."),
        "name": (User.name, "Your name."),
        "isStaff": (User.is_staff, "Whether you have staff rights."),
        "createdAt": (User.created_at, "When the account was created."),
        "updatedAt": (User.updated_at, "When the account last changed."),
        "bio": (Profile.bio, "Your bio."),
        "avatar": (Profile.avatar, "The URL of your picture."),
        "preferences": (Profile.preferences, "Settings stored by applications."),
        "profileId": (Profile.id, "The profile's id."),
        "profileCreatedAt": (Profile.created_at, "When the profile was created."),
        "profileUpdatedAt": (Profile.updated_at, "When the profile last changed."),
    },
    lambda found: found.join(Profile, Profile.user_id == User.id, isouter=True).where(User.id == USER_ID),
)
_SETTINGS: Final = Section(
    "settings",
    "Your settings; at most one row. Empty values are not set.",
    {
        "region": (UserSettings.region, "Your country."),
        "language": (UserSettings.language, "Your language."),
        "timeZone": (UserSettings.time_zone, "Your time zone."),
    },
    own(UserSettings, UserSettings.user_id),
)
_SERVICES: Final = Section(
    "own-services",
    "The streaming services that you have.",
    {
        "serviceId": (UserService.streaming_service_id, "The service's id."),
        "service": (StreamingService.name, "Its name."),
    },
    lambda found: (
        found.join(StreamingService, StreamingService.id == UserService.streaming_service_id)
        .where(UserService.user_id == USER_ID)
        .order_by(UserService.streaming_service_id)
    ),
)
_SESSIONS: Final = Section(
    "sessions",
    "Your sessions, oldest first.",
    {
        "id": (Session.id, "The session's id."),
        "device": (Session.device, "The device."),
        "ipPrefix": (Session.ip_prefix, "The network."),
        "createdAt": (Session.created_at, "When you signed in."),
        "lastSeenAt": (Session.last_seen_at, "When it was last used."),
        "expiresAt": (Session.expires_at, "When it expires."),
        "endedAt": (Session.revoked_at, "When it was revoked."),
        "secondFactorAt": (Session.second_factor_at, "When a second factor was last verified in it."),
    },
    own(Session, Session.id),
)
_REFRESH_TOKENS: Final = Section(
    "refresh-tokens",
    "The refresh tokens of your sessions, without the tokens themselves.",
    {
        "id": (RefreshToken.id, "The token's id."),
        "sessionId": (RefreshToken.session_id, "Its session."),
        "createdAt": (RefreshToken.created_at, "When it was created."),
        "expiresAt": (RefreshToken.expires_at, "When it expires."),
        "revokedAt": (RefreshToken.revoked_at, "When it was used or invalidated."),
        "replacedById": (RefreshToken.replaced_by_id, "The next token."),
    },
    own(RefreshToken, RefreshToken.id),
)
_API_TOKENS: Final = Section(
    "api-tokens",
    "Your API tokens, without the tokens themselves.",
    {
        "id": (ApiToken.id, "The token's id."),
        "name": (ApiToken.name, "The name you gave it."),
        "scopes": (ApiToken.scopes, "Its scopes."),
        "createdAt": (ApiToken.created_at, "When it was created."),
        "expiresAt": (ApiToken.expires_at, "When it expires; empty if never."),
        "lastUsedAt": (ApiToken.last_used_at, "When it was last used."),
    },
    own(ApiToken, ApiToken.id),
)
_SECOND_FACTOR: Final = Section(
    "second-factor",
    "Your second factor, without its secret; at most one row.",
    {
        "id": (SecondFactor.id, "Its id."),
        "createdAt": (SecondFactor.created_at, "When its setup was started."),
        "confirmedAt": (SecondFactor.confirmed_at, "When it was confirmed."),
    },
    own(SecondFactor, SecondFactor.id),
)
_BACKUP_CODES: Final = Section(
    "backup-codes",
    "Your backup codes, without the codes themselves.",
    {
        "id": (BackupCode.id, "Its id."),
        "usedAt": (BackupCode.used_at, "When it was used."),
    },
    own(BackupCode, BackupCode.id),
)
_PASSKEYS: Final = Section(
    "passkeys",
    "Your passkeys, without their keys.",
    {
        "id": (Passkey.id, "The passkey's id."),
        "name": (Passkey.name, "The name you gave it."),
        "transports": (Passkey.transports, "Its transports, such as `usb` or `internal`."),
        "backupEligible": (Passkey.backup_eligible, "Whether it can be backed up."),
        "backedUp": (Passkey.backed_up, "Whether it is backed up."),
        "signCount": (Passkey.sign_count, "Its signature counter."),
        "createdAt": (Passkey.created_at, "When you added it."),
        "lastUsedAt": (Passkey.last_used_at, "When you last signed in with it."),
    },
    own(Passkey, Passkey.id),
)
_EMAIL_LINKS: Final = Section(
    "email-links",
    "Recent links in mails to you, or to an address that you entered, without their tokens.",
    {
        "id": (EmailToken.id, "The link's id."),
        "purpose": (EmailToken.purpose, "Its purpose."),
        "email": (EmailToken.email, "The recipient."),
        "createdAt": (EmailToken.created_at, "When it was requested."),
        "expiresAt": (EmailToken.expires_at, "When it expires."),
        "usedAt": (EmailToken.used_at, "When it was used or invalidated."),
    },
    lambda found: found.where(or_(EmailToken.user_id == USER_ID, EmailToken.email == PROVED)).order_by(
        EmailToken.id
    ),
)
# Network and device are exported for the user's own actions only, as in `Viewer.auditLog`.
_CAME_FROM_PERSON: Final = or_(
    AuditEvent.actor_id == USER_ID, and_(AuditEvent.actor_id.is_(None), AuditEvent.target_user_id == USER_ID)
)
_AUDIT_LOG: Final = Section(
    "audit-log",
    "Audit events that you caused, or that concern your account.",
    {
        "id": (AuditEvent.id, "The event's id."),
        "action": (AuditEvent.action, "The action."),
        "actorId": (AuditEvent.actor_id, "The user who caused it."),
        "targetUserId": (AuditEvent.target_user_id, "The user that it concerns."),
        "targetFamilyId": (AuditEvent.family_id, "The family that it concerns."),
        "targetId": (AuditEvent.object_id, "The object that it concerns."),
        "ipPrefix": (case((_CAME_FROM_PERSON, AuditEvent.ip_prefix)), "Your network."),
        "device": (case((_CAME_FROM_PERSON, AuditEvent.device)), "Your device."),
        "details": (AuditEvent.details, "Further details."),
        "createdAt": (AuditEvent.created_at, "When it happened."),
    },
    lambda found: found.where(
        or_(AuditEvent.actor_id == USER_ID, AuditEvent.target_user_id == USER_ID)
    ).order_by(AuditEvent.created_at, AuditEvent.id),
)
_RETRIED: Final = Section(
    "retried-requests",
    "Mutations that applications can retry within a day, without the stored responses.",
    {
        "operation": (IdempotencyRecord.operation, "The mutation."),
        "key": (IdempotencyRecord.key, "The idempotency key."),
        "createdAt": (IdempotencyRecord.created_at, "When it was created."),
    },
    own(IdempotencyRecord, IdempotencyRecord.created_at),
)
_EXPORTS: Final = Section(
    "data-exports",
    "Your data exports.",
    {
        "id": (DataExport.id, "The export's id."),
        "status": (DataExport.status, "`QUEUED`, `RUNNING`, `SUCCEEDED` or `FAILED`."),
        "attempts": (DataExport.attempts, "The number of attempts."),
        "bytes": (DataExport.bytes, "The size of its file."),
        "createdAt": (DataExport.created_at, "When you requested it."),
        "finishedAt": (DataExport.finished_at, "When it succeeded or failed."),
        "downloadExpiresAt": (DataExport.expires_at, "Until when it can be downloaded."),
    },
    own(DataExport, DataExport.id),
)
_DELETION: Final = Section(
    "account-deletion",
    "The scheduled deletion of your account; at most one row.",
    {
        "createdAt": (AccountDeletion.created_at, "When you requested it."),
        "scheduledAt": (AccountDeletion.scheduled_at, "When the account will be deleted."),
    },
    own(AccountDeletion, AccountDeletion.user_id),
)
_SUCCESSIONS: Final = Section(
    "family-successions",
    "Your decisions about your families for that case.",
    {
        "familyId": (FamilySuccession.family_id, "The family's id."),
        "transferToUserId": (FamilySuccession.new_owner_id, "The new owner."),
        "deleteFamily": (FamilySuccession.deletes_family, "Whether the family is deleted."),
    },
    own(FamilySuccession, FamilySuccession.family_id),
)

OF_ACCOUNT: Final = (
    _ACCOUNT,
    _SETTINGS,
    _SERVICES,
    _SESSIONS,
    _REFRESH_TOKENS,
    _API_TOKENS,
    _SECOND_FACTOR,
    _BACKUP_CODES,
    _PASSKEYS,
    _EMAIL_LINKS,
)
OF_REQUESTS: Final = (_AUDIT_LOG, _RETRIED, _EXPORTS, _DELETION, _SUCCESSIONS)
