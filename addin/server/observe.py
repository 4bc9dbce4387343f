"""What an administrator sees: one JSON line a request on standard error, and Prometheus metrics under /metrics.

Neither holds figures, tokens or addresses of cells: only which function or page, how long, and with which outcome.
"""

from __future__ import annotations

import logging
import os
import sys
import time
import uuid

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from pythonjsonlogger.json import JsonFormatter
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
SHARED = "PROMETHEUS_MULTIPROC_DIR"  # the folder in which several workers count together
REGISTRY = CollectorRegistry()
REQUESTS = Counter("tokenbook_requests_total", "Requests by page and status.", ("page", "status"), registry=REGISTRY)
DURATION = Histogram("tokenbook_request_seconds", "Time to answer.", ("page",), buckets=SECONDS, registry=REGISTRY)
CALLS = Counter("tokenbook_function_calls_total", "Function calls.", ("function", "outcome"), registry=REGISTRY)
RUNNING = Gauge(
    "tokenbook_requests_in_progress", "Requests being answered.", registry=REGISTRY, multiprocess_mode="livesum"
)
PAGES = ("/xlwings/", "/tokenbook/", "/static/", "/taskpane", "/manifest", "/health", "/metrics")
UNEXPECTED = "An error occurred. The administrator finds it in the log."
log = logging.getLogger("tokenbook.server")


def set_up_logging(level: str) -> None:
    """JSON lines on standard error for us and for what we stand on; bodies and tokens are never logged."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter("{asctime}{levelname}{name}{message}", style="{", rename_fields={"asctime": "time"})
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for noisy in ("xlwings_server", "uvicorn.access", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class Observe:
    """Counts, times and logs each request, and answers /health and /metrics."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if scope["path"] == "/health":
            return await PlainTextResponse("ok")(scope, receive, send)
        page, began = page_of(scope["path"]), time.perf_counter()
        started, status = False, 500

        async def sending(message: Message) -> None:
            nonlocal started, status
            if message["type"] == "http.response.start":
                started, status = True, message["status"]
            await send(message)

        RUNNING.inc()
        try:
            await self.app(scope, receive, sending)
        except Exception:
            log.exception("unexpected", extra={"page": page})
            if not started:
                await PlainTextResponse(UNEXPECTED, 500)(scope, receive, sending)
        finally:
            seconds = time.perf_counter() - began
            RUNNING.dec()
            REQUESTS.labels(page, status).inc()
            DURATION.labels(page).observe(seconds)
            if log.isEnabledFor(logging.INFO):
                fields = {
                    "page": page,
                    "status": status,
                    "ms": round(seconds * 1000, 2),
                    "request": uuid.uuid4().hex[:12],
                }
                log.info("request", extra=fields)


def page_of(path: str) -> str:
    """The path as a label: one of ours, or "other", so that made-up paths do not fill the memory."""
    if path.startswith(PAGES):
        parts = path.split("/")
        return "/".join(parts[: 3 if path.startswith(("/xlwings/", "/tokenbook/")) else 2])[:60]
    return "other"


def metrics(_request: object) -> Response:
    registry = REGISTRY
    if os.environ.get(SHARED):  # several workers: what all of them counted
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
