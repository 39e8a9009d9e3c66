"""What is an extra may be missing: the server starts without it."""

import subprocess
import sys

WITHOUT = """
import sys
for extra in ("cryptography", "webauthn"):
    sys.modules[extra] = None  # as if it were not installed
from infocus_graphql.app import create_app
from infocus_graphql.settings import Environment, Settings
keys = {"test": "k" * 32}
create_app(Settings(_env_file=None, env=Environment.TEST, jwt_keys=keys), database_url="postgresql://x@y/z")
"""


def test_the_server_starts_without_any_extra() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
