"""The server without the planner: the loaders execute every operation."""

import sys
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route

from infocus_graphql.app import GRAPHQL_PATH
from infocus_graphql.cli.configuration import read_settings
from infocus_graphql.cli.serving import AppFactory, listen, run
from infocus_graphql.graph.execution import Engine
from infocus_graphql.http.endpoint import Endpoint
from infocus_graphql.schema import schema


class WithoutPlanner(AppFactory):
    """The production application with another engine."""

    def __call__(self) -> Starlette:
        """Creates the application in the server process."""
        made = super().__call__()
        engine = Engine(schema, introspection=self.settings.allows_introspection, planner=None)
        endpoint: Any = Endpoint(engine, made.state.services)
        for route in made.routes:
            if isinstance(route, Route) and route.path == GRAPHQL_PATH:
                route.app = endpoint
        return made


def main() -> None:
    """Serves on the port that the command line names."""
    settings = read_settings(port=int(sys.argv[1]))
    if settings.database_url is None:
        raise ValueError("INFOCUS_DATABASE_URL is not set")
    with listen(settings.host, settings.port, "serve") as listener:
        application = WithoutPlanner(settings, settings.database_url.get_secret_value())
        run(application, listener, grace_seconds=settings.shutdown_seconds)


if __name__ == "__main__":
    main()
