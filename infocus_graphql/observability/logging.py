"""Log configuration: JSON or console output, with request ids and without secrets."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

import structlog
from structlog.typing import Processor

from infocus_graphql.observability.operation_log import JsonLines, operation_log, request_id
from infocus_graphql.settings import Settings

_SECRET: Final = re.compile(r"authorization|cookie|password|secret|token|variables", re.IGNORECASE)
_HIDDEN: Final = "[hidden]"


def configure_logs(settings: Settings) -> None:
    """Sends all logs of the process, including those of libraries, to standard error in one format."""
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and settings.production)
    level = settings.log_level.upper()
    shared: list[Processor] = [
        with_request_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%S.%fZ" if as_json else "%H:%M:%S", utc=as_json),
        without_secrets,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(shared, as_json=as_json))
    operation_log.lines = JsonLines(sys.stderr) if as_json else None
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("infocus").setLevel(level)
    # On a console, the command line prints the start and stop of the server itself.
    logging.getLogger("uvicorn").setLevel(level if as_json else logging.WARNING)
    logging.getLogger("uvicorn.access").disabled = True


def with_request_id(logger: Any, method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Adds the id of the current request, if there is one."""
    current = request_id.get()
    if current is not None:
        event["request_id"] = current
    return event


def without_secrets(logger: Any, method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Masks values with a secret-sounding name; a safety net, because nothing should log them."""
    for name in event:
        if _SECRET.search(name):
            event[name] = _HIDDEN
    return event


def _formatter(shared: list[Processor], *, as_json: bool) -> logging.Formatter:
    renderer: list[Processor]
    if as_json:
        renderer = [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    else:
        # structlog's rich traceback prints local variables, including passwords.
        renderer = [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
    )
