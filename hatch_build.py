"""Puts the built GraphiQL page into wheels and source distributions."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface[Any]):
    """Builds the page if it is missing or out of date.

    BUILD_GRAPHIQL=skip leaves it as it is; =require makes a failure final, which is what a release wants.
    """

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it collects the files."""
        wish = os.environ.get("BUILD_GRAPHIQL", "")
        # An editable install reads the page from the source tree, where `python web/build.py` puts it.
        if version == "editable":
            return
        # git ignores the built page, but the package contains it.
        build_data["artifacts"].append("infocus_graphql/static/graphiql/**")
        if wish == "skip":
            return
        status = subprocess.run(
            [sys.executable, str(Path(self.root) / "web" / "build.py")], check=False
        ).returncode
        if status and wish == "require":
            raise SystemExit(status)
        if status:
            self.app.display_warning("Packaged without GraphiQL; the server will show a small page instead.")
