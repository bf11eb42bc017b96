"""Logs: one JSON object a line in production, readable lines in development; never a password, key or phone number."""

import logging
import sys
from typing import Any

import structlog

from service.settings import Settings

__all__ = ["logger", "set_up_logs"]


def set_up_logs(settings: Settings) -> None:
    """Send everything to standard error, other libraries' warnings included."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    is_production = settings.environment == "production"
    last: list[Any] = (
        [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if is_production
        else [
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        ]  # the rich one takes seconds
    )
    structlog.configure([*shared, *last], logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs addresses, which hold the keys of group robots


def logger() -> Any:
    """Return the log."""
    return structlog.get_logger()
