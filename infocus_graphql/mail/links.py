"""The links in mails: pages of the web application, each with a token to hand to the API."""

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
    """Links to the web application at `base`, which is a setting: a request's `Host` can be made up.

    Tokens come behind a `#`: browsers send that part to no server, so it gets into no log and no `Referer`.
    """

    base: str

    @classmethod
    def of(cls, settings: Settings) -> "Links | None":
        """The links of this server, or None where it sends no mails."""
        return None if settings.mail_way is MailBackend.OFF else cls(settings.web_address)

    def verify_email(self, token: str) -> str:
        """Where `verifyEmail` is called."""
        return self._with(VERIFY_EMAIL, token)

    def reset_password(self, token: str) -> str:
        """Where a new password is chosen, and `resetPassword` called."""
        return self._with(RESET_PASSWORD, token)

    def confirm_email_change(self, token: str) -> str:
        """Where `confirmEmailChange` is called."""
        return self._with(CONFIRM_EMAIL_CHANGE, token)

    def invitation(self, token: str) -> str:
        """Where an invitation is looked at and answered."""
        return self._with(INVITATION, token)

    @property
    def sign_in(self) -> str:
        """Where people sign in."""
        return self.base + SIGN_IN

    @property
    def forgotten_password(self) -> str:
        """Where `requestPasswordReset` is called."""
        return self.base + FORGOTTEN_PASSWORD

    def _with(self, path: str, token: str) -> str:
        return f"{self.base}{path}#token={token}"
