"""The links in mails: pages of the web application, which pass the token in the link to the API."""

from dataclasses import dataclass
from typing import Final

from infocus_graphql.settings import Settings
from infocus_graphql.settings.mail import MailBackend

VERIFY_EMAIL: Final = "/verify-email"
RESET_PASSWORD: Final = "/reset-password"  # noqa: S105 - a path
CONFIRM_EMAIL_CHANGE: Final = "/confirm-email-change"
INVITATION: Final = "/invitation"
SIGN_IN: Final = "/sign-in"
FORGOTTEN_PASSWORD: Final = "/forgotten-password"  # noqa: S105 - a path


@dataclass(frozen=True, slots=True)
class Links:
    """Links to the web application at `base`, a setting, because the `Host` of a request can be forged.

    Tokens are in the URL fragment, which browsers don't send, so they don't appear in logs or `Referer`.
    """

    base: str

    @classmethod
    def of(cls, settings: Settings) -> "Links | None":
        """The links of this server, or None if mail is off."""
        return None if settings.mail_backend is MailBackend.OFF else cls(settings.web_address)

    def verify_email(self, token: str) -> str:
        """The page that calls `verifyEmail`."""
        return self._with(VERIFY_EMAIL, token)

    def reset_password(self, token: str) -> str:
        """The page that asks for a new password and calls `resetPassword`."""
        return self._with(RESET_PASSWORD, token)

    def confirm_email_change(self, token: str) -> str:
        """The page that calls `confirmEmailChange`."""
        return self._with(CONFIRM_EMAIL_CHANGE, token)

    def invitation(self, token: str) -> str:
        """The page that shows an invitation to accept or decline."""
        return self._with(INVITATION, token)

    @property
    def sign_in(self) -> str:
        """The sign-in page."""
        return self.base + SIGN_IN

    @property
    def forgotten_password(self) -> str:
        """The page that calls `requestPasswordReset`."""
        return self.base + FORGOTTEN_PASSWORD

    def _with(self, path: str, token: str) -> str:
        return f"{self.base}{path}#token={token}"
