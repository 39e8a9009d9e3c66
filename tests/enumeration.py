"""Measures whether response times reveal which addresses have accounts: `make enumeration`.

Each mutation is sent 200 times with a known address and 200 times with an unknown one, in random order,
with production password hashing. The medians may differ by 15 % or 3 ms. The other figure is the probability
that a known address takes longer than an unknown one, of all pairs (the AUC of Mann and Whitney's U):
0.5 if times reveal nothing, 1 or 0 if a single request reveals everything; 0.3 to 0.7 is allowed.
"""

import random
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Final

from infocus_graphql.app import create_app
from infocus_graphql.domains.identity.users.models import User
from infocus_graphql.graph.context import Services
from infocus_graphql.settings import Environment, Registration, Settings
from tests.support.client import Api
from tests.support.factories import Factories
from tests.support.measuring import exit_status
from tests.support.server import TEMPLATE, Server

TRIES: Final = 200
AUC: Final = (0.3, 0.7)
SHARE, MILLISECONDS = 0.15, 3.0
PASSWORD: Final = "none of theirs"
MUTATIONS: Final[dict[str, dict[str, Any]]] = {
    "signIn": {"password": PASSWORD},
    "requestPasswordReset": {},
    "register": {"password": "correct horse battery"},
}


def auc(known: Sequence[float], unknown: Sequence[float]) -> float:
    """The AUC: the probability that one of `known` exceeds one of `unknown`; ties count half."""
    wins = sum((one > other) + (one == other) / 2 for one in known for other in unknown)
    return wins / (len(known) * len(unknown))


async def timed(api: Api, mutation: str, email: str) -> tuple[float, bytes]:
    """The duration in milliseconds, and the response."""
    kind = mutation[0].upper() + mutation[1:]
    call = f"{mutation}(input: $input) {{ errors {{ code message path }} }}"
    query = f"mutation ($input: {kind}Input!) {{ {call} }}"
    began = perf_counter()
    response = await api.post(query, input={"email": email, **MUTATIONS[mutation]})
    return (perf_counter() - began) * 1000, response.content


async def compared(api: Api, mutation: str, known: Sequence[str]) -> bool:
    """Tries both kinds of addresses and prints the figures; returns whether they reveal nothing."""
    unknown = [f"nobody.{email}" for email in known]
    order = [*known, *unknown]
    random.shuffle(order)
    for email in ("first@example.com", "second@example.com"):  # warms up one-time work
        await timed(api, mutation, email)
    took = {email: await timed(api, mutation, email) for email in order}
    times = [[took[email][0] for email in kind] for kind in (known, unknown)]
    responses = {content for _, content in took.values()}
    chance, (one, other) = auc(*times), map(median, times)
    alike = abs(one - other) <= max(MILLISECONDS, SHARE * max(one, other))
    good = alike and AUC[0] <= chance <= AUC[1] and len(responses) == 1
    print(
        f"{mutation:22} known {one:7.2f} ms, unknown {other:7.2f} ms (medians of {len(known)}), "
        f"AUC {chance:.2f}, {len(responses)} different responses: {'alike' if good else 'DIFFERENT'}"
    )
    return good


async def _people(services: Services) -> list[str]:
    """Creates as many accounts as tries, with a password hash that matches no password."""
    encoded = await services.passwords.hash("quite another passphrase")
    emails = [f"person{number}@example.com" for number in range(TRIES)]
    await Factories(services).rows(*(User(email=email, password_hash=encoded) for email in emails))
    return emails


async def _all(server: Server, home: Path) -> bool:
    await server.make_template()
    url = await server.create_database(TEMPLATE)
    settings = Settings(
        _env_file=None,
        env=Environment.TEST,
        data_dir=home,
        jwt_keys={"test": "a key for tests that is long enough to sign"},
        registration=Registration.VERIFIED,
        log_level="ERROR",
    )
    app = create_app(settings, database_url=url)
    async with app.router.lifespan_context(app), Api.of(app, app.state.services) as api:
        known = await _people(app.state.services)
        return all([await compared(api, mutation, known) for mutation in MUTATIONS])


if __name__ == "__main__":
    sys.exit(exit_status(_all))
