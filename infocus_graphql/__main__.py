"""The command line: `python -m infocus_graphql`, or `infocus` where the package is installed."""

import sys

from infocus_graphql.cli.commands import app
from infocus_graphql.cli.errors import describe_error
from infocus_graphql.server.gc_tuning import collect_rarely, skip_last_collection


def main() -> None:
    """Runs one command. Errors are one sentence on stderr and exit code 1; `--debug` shows the traceback."""
    collect_rarely()
    debug = "--debug" in sys.argv[1:]
    try:
        app(prog_name="infocus", args=[each for each in sys.argv[1:] if each != "--debug"])
    except Exception as error:
        if debug:
            raise
        sys.stderr.write(f"{describe_error(error)}\n")
        sys.exit(1)
    finally:
        skip_last_collection()


if __name__ == "__main__":
    main()
