"""``serve``: the add-in for a whole company, over xlwings Server."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tokenbook.addin.commands import show
from tokenbook.udfs.errors import TokenbookError

if TYPE_CHECKING:
    from tokenbook.addin.server.settings import ServerSettings

NEEDED = ("xlwings_server", "uvicorn", "limits", "prometheus_client", "pythonjsonlogger")
DEV_FOLDER = "tokenbook-dev-cert"
GRACE = 10  # seconds for running requests when the server is told to stop


class ServeError(TokenbookError):
    """The server cannot be started; one line for the administrator."""


def serve(*, dev_cert: bool, **wishes: Any) -> None:
    """Check the settings, say what they mean, and run until stopped. ``wishes``: fields of ServerSettings."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ServeError('the server is not installed here: python -m pip install "tokenbook[server]"')
    import uvicorn

    from tokenbook.addin.server.settings import LICENSE_ENVIRONMENT, ServerSettings, checked, to_environment

    given = {name: value for name, value in wishes.items() if value not in (None, ())}
    given.setdefault("license_key", os.environ.get(LICENSE_ENVIRONMENT, ""))
    if dev_cert:
        from tokenbook.addin.server import tls

        authority, certificate, key = tls.make(Path.home() / ".config" / DEV_FOLDER)
        given |= {"certificate": str(certificate), "key": str(key)}
        show.console.print(f"Development certificate: trust {authority} on this machine only", soft_wrap=True)
    settings = checked(ServerSettings(**given))
    _check_license(settings.license_key)
    to_environment(settings)
    _say(settings)
    with tempfile.TemporaryDirectory(prefix="tokenbook-metrics-") as counts:
        if settings.workers > 1:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = counts
        _run(uvicorn, settings)


def _check_license(key: str) -> None:
    os.environ["XLWINGS_LICENSE_KEY"] = key
    import xlwings

    try:
        import xlwings.server
    except xlwings.LicenseError as error:
        raise ServeError(f"--license-key: {error}") from None


def _run(uvicorn: ModuleType, settings: ServerSettings) -> None:
    uvicorn.run(
        "tokenbook.addin.server.app:create",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.key,
        forwarded_allow_ips=settings.proxies,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=GRACE,
        h11_max_incomplete_event_size=64 * 1024,
    )


def _say(settings: ServerSettings) -> None:
    name = settings.hosts[0] if settings.hosts else f"{settings.host}:{settings.port}"
    scheme = "https" if settings.hosts or settings.certificate else "http"

    def print_(text: str) -> None:
        show.console.print(text, soft_wrap=True)

    if settings.license_key == "noncommercial":
        print_("Licence: xlwings Server for NON-COMMERCIAL use only; a company needs a paid plan (xlwings.org/pricing)")
    else:
        print_("Licence: xlwings Server with your key of a paid plan")
    signing = {"none": "nobody signs in; only this machine can reach it", "token": "bearer tokens from a file",
               "entraid": "Microsoft Entra ID"}[settings.auth]  # fmt: skip
    print_(f"Sign-in: {signing}")
    print_(f"Manifest for Excel: {scheme}://{name}/manifest")
    if scheme == "http":
        print_("Excel loads add-ins over https only: add --dev-cert to try it here, or --certificate and --key")
