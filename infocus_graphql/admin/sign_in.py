"""Sign-in to the data browser: like everywhere else, but for staff only, and checked at every page."""

from datetime import timedelta
from typing import Any, Final

from graphql import GraphQLError
from sqladmin import Admin
from sqladmin.authentication import AuthenticationBackend
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from infocus_graphql.admin.cookie import TO_SET, SessionCookie
from infocus_graphql.core.errors import ErrorCode, Overloaded, Refused, refused
from infocus_graphql.core.viewer import ANONYMOUS, Viewer
from infocus_graphql.domains.admin.writes import staff_in_session
from infocus_graphql.domains.identity.mfa.mutations import open_with_code
from infocus_graphql.domains.identity.mfa.writes import is_enabled
from infocus_graphql.domains.identity.sessions import passwords
from infocus_graphql.domains.identity.sessions import writes as sessions
from infocus_graphql.domains.identity.sessions.mutations import challenge_of, device_name
from infocus_graphql.domains.identity.sessions.password_checks import check_sign_in
from infocus_graphql.graph.context import Context, Services
from infocus_graphql.graph.rate_limits import enforce_for_address, take_points
from infocus_graphql.http.auth import client_of
from infocus_graphql.http.headers import RequestHeaders
from infocus_graphql.rate_limiting.rules import LimitedAction

# The maximum lifetime of a session, regardless of its use.
_LIFETIME: Final = timedelta(hours=8)
_LIFETIMES: Final = sessions.Lifetimes(_LIFETIME, _LIFETIME, timedelta())


class SignIn(AuthenticationBackend):
    """Opens, checks and revokes the sessions of the data browser, which are ordinary sessions."""

    admin: Admin  # whose page it shows

    def __init__(self, services: Services, cookie: SessionCookie) -> None:
        self.middlewares = []  # without the library's own session cookie
        self._services = services
        self._cookie = cookie
        self._needs_code = services.settings.production

    async def login(self, request: Request) -> Response:
        """Opens a session for staff with the password and, if required, a second factor."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        context = self._context(request, ANONYMOUS)
        try:
            opened = await context.mutate(
                lambda: self._open_session(
                    context, form.get("email", ""), form.get("password", ""), form.get("code", "")
                )
            )
        except Refused as error:
            return await self._refused(request, str(error), 401)
        except GraphQLError as error:  # rate limit exceeded
            response = await self._refused(request, error.message, 429)
            response.headers["Retry-After"] = str(context.response.retry_after)
            return response
        except Overloaded as error:
            return await self._refused(request, str(error), 503)
        finally:
            await context.close()
        request.scope["state"][TO_SET] = self._cookie.header(opened.session_id)
        return RedirectResponse(request.url_for("admin:index"), 303)

    async def logout(self, request: Request) -> Response:
        """Revokes the session."""
        viewer = await self._viewer(request)
        if viewer is not None:
            context = self._context(request, viewer)
            await context.transaction(sessions.sign_out, refresh_tokens=(), everywhere=False)
            self._services.tokens.revoked.invalidate()
        return self._to_sign_in(request)

    async def authenticate(self, request: Request) -> Response | bool:
        """Returns True if the session is valid and its user is staff, else a redirect to the sign-in page."""
        viewer = await self._viewer(request)
        if viewer is None or viewer.session_id is None:
            return self._to_sign_in(request)
        self._services.sessions.mark_seen(viewer.session_id)
        request.state.context = self._context(request, viewer)
        return True

    async def get_user_id(self, request: Request) -> Any:
        """Part of the interface; the library doesn't use it."""
        return None

    async def _open_session(
        self, context: Context, email: str, password: str, code: str
    ) -> sessions.IssuedSession | Refused:
        take_points(context, 1)
        await enforce_for_address(context, LimitedAction.SIGN_IN)
        proved = await check_sign_in(context, email, password)
        if isinstance(proved, Refused):
            return proved
        if not proved.user.is_staff:
            return await context.transaction(sessions.reject_sign_in, user_id=proved.user.id)
        device = device_name(context, None)
        if not await context.read(is_enabled, user_id=proved.user.id):
            if self._needs_code:
                message = "The data browser requires a second factor. Turn one on in your account's settings."
                raise refused(ErrorCode.SECOND_FACTOR_REQUIRED, message)
            return await context.transaction(
                passwords.sign_in,
                proved=proved,
                lifetimes=_LIFETIMES,
                device=device,
                ip_prefix=context.client.ip_prefix,
            )
        if not code.strip():
            raise refused(ErrorCode.SECOND_FACTOR_REQUIRED, "Also enter a code of your second factor.")
        challenge, _ = challenge_of(context, proved.user.id, proved.user.password_hash)
        return await open_with_code(context, challenge, code, lifetimes=_LIFETIMES, device=device)

    async def _viewer(self, request: Request) -> Viewer | None:
        found = self._cookie.session_of(request.headers.getlist("cookie"))
        if found is None:
            return None
        session_id, renew = found
        viewer = await self._services.database.read(
            staff_in_session, session_id=session_id, with_second_factor=self._needs_code
        )
        if renew and viewer is not None:
            request.scope["state"][TO_SET] = self._cookie.header(session_id)
        return viewer

    def _context(self, request: Request, viewer: Viewer) -> Context:
        headers, settings = RequestHeaders(request.scope["headers"]), self._services.settings
        return Context(self._services, viewer, lambda: client_of(request.scope, headers, settings))

    def _to_sign_in(self, request: Request) -> Response:
        request.scope["state"][TO_SET] = self._cookie.header(None)
        return RedirectResponse(request.url_for("admin:login"), 303)

    async def _refused(self, request: Request, message: str, status: int) -> Response:
        return await self.admin.templates.TemplateResponse(
            request, "sqladmin/login.html", {"error": message}, status_code=status
        )
