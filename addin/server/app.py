"""The application: guards, then our routes, then xlwings Server for task pane, metadata, scripts and manifest."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from tokenbook.addin.server import guard, observe
from tokenbook.addin.server.settings import LICENSE_ENVIRONMENT, ServerSettings, from_environment

PROJECT = Path(__file__).with_name("project")
SMALLEST_COMPRESSED = 1024  # bytes
MANIFEST_ID = "5b8f0c3e-6a0c-4d53-9a76-2f2f1c9d8e41"  # of our add-in, in every company
PRODUCT = "Tokenbook"
SIGN_IN_DOWN = "Sign-in cannot be checked at present. Try again in a minute, or ask the administrator."
SERVED = (
    "/", "/favicon.ico", "/manifest", "/manifest.xml", "/manifest/download", "/taskpane", "/taskpane.html",
    "/xlwings/custom-functions-meta", "/xlwings/custom-functions-meta.json", "/xlwings/custom-functions-code",
    "/xlwings/custom-functions-code.js", "/xlwings/custom-scripts-meta", "/xlwings/custom-scripts-meta.json",
)  # fmt: skip
# Plain names only: xlwings Server 1.20 would follow ".." out of its folder, to any file of the machine.
STATIC = re.compile(r"/static/(?:\w[\w.-]*/)*\w[\w.-]*", re.ASCII)
CLIENT_PATIENCE = 5  # seconds that the client waits longer than we work


def create(settings: ServerSettings | None = None) -> ASGIApp:
    """The ASGI application; without settings they are read from the environment (worker processes)."""
    settings = settings or from_environment()
    observe.set_up_logging(settings.log)
    if settings.catalog:
        from tokenbook.udfs import catalog

        catalog.use(settings.catalog)
    inner = _xlwings_server(settings)
    from tokenbook.addin.server.routes import routes

    threads = max(2, os.cpu_count() or 1)
    app: ASGIApp = Starlette(
        routes=[*routes(_authenticator(settings), threads), Mount("/", _only_what_is_needed(inner))],
        exception_handlers={HTTPException: _refused, Exception: _unexpected},
    )
    app = GZipMiddleware(app, minimum_size=SMALLEST_COMPRESSED, compresslevel=1)
    app = guard.TimeLimit(app, seconds=settings.most_seconds)
    app = guard.BodyLimit(app, most_bytes=settings.most_bytes)
    app = guard.RateLimit(app, per_minute=settings.per_minute, store=settings.rate_store)
    if settings.origins:
        app = CORSMiddleware(app, allow_origins=list(settings.origins), allow_methods=["POST"], allow_headers=["*"])
    app = TrustedHostMiddleware(app, allowed_hosts=list(settings.names), www_redirect=False)
    app = observe.Observe(app)
    return guard.SecurityHeaders(app, secure=bool(settings.certificate) or bool(settings.hosts))


def _xlwings_server(settings: ServerSettings) -> ASGIApp:
    """The xlwings Server application over our project folder; it reads most settings when it is imported."""
    os.environ |= {
        LICENSE_ENVIRONMENT: settings.license_key,
        "XLWINGS_PROJECT_DIR": str(PROJECT),
        "XLWINGS_ENVIRONMENT": "prod",
        "XLWINGS_PROJECT_NAME": PRODUCT,
        "XLWINGS_FUNCTIONS_NAMESPACE": "",  # the formula text is the same in every host
        "XLWINGS_ENABLE_SOCKETIO": "false",
        "XLWINGS_ENABLE_HTMX": "false",
        "XLWINGS_ENABLE_ALPINEJS_CSP": "false",
        "XLWINGS_ENABLE_BOOTSTRAP": "false",
        "XLWINGS_CORS_ALLOW_ORIGINS": "[]",
        "XLWINGS_ADD_SECURITY_HEADERS": "false",  # ours stand outside of it
        "XLWINGS_MANIFEST_ID_PROD": MANIFEST_ID,
        "XLWINGS_LOG_LEVEL": "WARNING",
    }
    if settings.token_file:
        os.environ["TOKENBOOK_TOKEN_FILE"] = settings.token_file
    if str(PROJECT) not in sys.path:
        sys.path.insert(0, str(PROJECT))
    from xlwings_server.config import settings as theirs
    from xlwings_server.main import main_app

    theirs.auth_providers = [] if settings.auth == "none" else [settings.auth]
    theirs.auth_required_roles = list(settings.roles)
    theirs.auth_entraid_client_id, theirs.auth_entraid_tenant_id = settings.entra_client, settings.entra_tenant
    theirs.hostname = settings.hosts[0] if settings.hosts else None
    theirs.request_timeout = int(settings.most_seconds) + CLIENT_PATIENCE
    app: ASGIApp = main_app
    return app


def _only_what_is_needed(inner: ASGIApp) -> ASGIApp:
    """Of xlwings Server's pages those that Excel asks for; what takes requests with a body is ours."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path, reading = scope["path"], scope["method"] in ("GET", "HEAD")
            if not reading or not (path in SERVED or STATIC.fullmatch(path)):
                return await PlainTextResponse("Not found", 404)(scope, receive, send)
        await inner(scope, receive, send)

    return app


def _authenticator(settings: ServerSettings) -> Callable[[Request], Awaitable[None]]:
    """Who asks? xlwings Server's own check, so that a token is good for scripts and functions alike."""
    if settings.auth == "none":

        async def anyone(request: Request) -> None:
            return None

        return anyone
    from xlwings_server import dependencies

    async def someone(request: Request) -> None:
        try:
            user = await dependencies.authenticate(
                request.headers.get("authorization", ""), request.headers.get("auth-provider")
            )
            request.state.user = await dependencies.get_user(request, user)
        except HTTPException:
            raise
        except Exception:
            observe.log.exception("sign-in could not be checked")
            raise HTTPException(503, SIGN_IN_DOWN) from None

    return someone


def _refused(_request: Request, error: Exception) -> PlainTextResponse:
    assert isinstance(error, HTTPException)
    return PlainTextResponse(str(error.detail), error.status_code)


def _unexpected(_request: Request, _error: Exception) -> PlainTextResponse:
    return PlainTextResponse(observe.UNEXPECTED, 500)
