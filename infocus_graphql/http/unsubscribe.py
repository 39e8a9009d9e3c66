"""The page of the links that turn e-mails off. It works without signing in and without a script.

Mail programs send a POST for their user (RFC 8058). A GET changes nothing, because mail filters open links.
"""

from html import escape
from string import Template
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from infocus_graphql.domains.deliveries import unsubscribing
from infocus_graphql.graph.context import Services

_LONGEST_TOKEN: Final = 200
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_PAGE: Final = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>E-mails of InFocus</title>
<style>
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 32rem; margin: 15vh auto; padding: 0 1rem }
button { font: inherit; padding: .6rem 1.2rem }
</style>
<h1>E-mails of InFocus</h1>
<p>$text</p>
$form
</html>
""")
_FORM: Final = Template('<form method="post" action="?token=$token"><button>Unsubscribe</button></form>')
_DONE: Final = "You will no longer receive these e-mails. Notifications in the app are not changed."
_INVALID: Final = "This link is not valid. You can change the e-mails that you receive in your settings."


class Unsubscribe:
    """Shows and performs the unsubscription of a link."""

    def __init__(self, services: Services) -> None:
        self._database = services.database

    def routes(self) -> list[BaseRoute]:
        """The route of the links."""
        return [Route(unsubscribing.PATH, self._handle, methods=["GET", "POST"])]

    async def _handle(self, request: Request) -> Response:
        token = request.query_params.get("token", "")
        if len(token) > _LONGEST_TOKEN:
            return _page(_INVALID, status=404)
        if request.method == "POST":
            if await self._database.transaction(unsubscribing.unsubscribe, token=token):
                return _page(_DONE)
            return _page(_INVALID, status=404)
        found = await self._database.transaction(unsubscribing.find_subscription, token=token)
        if found is None:
            return _page(_INVALID, status=404)
        kinds = found[1]
        name = unsubscribing.name_of(kinds[0])
        about = "all notifications" if len(kinds) > 1 else f"notifications of the kind “{name}”"
        return _page(
            f"Do you want to unsubscribe from the e-mails of {about}?",
            form=_FORM.substitute(token=escape(quote(token))),
        )


def _page(text: str, *, form: str = "", status: int = 200) -> Response:
    body = _PAGE.substitute(text=escape(text), form=form)
    return Response(body, status, _HEADERS, "text/html; charset=utf-8")
