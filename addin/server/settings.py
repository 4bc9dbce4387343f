"""What ``tokenbook serve`` may be told, and what it refuses: an open door to the network without a lock."""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenbook.udfs.errors import TokenbookError

ENVIRONMENT = "TOKENBOOK_SERVER"  # how worker processes get the settings: one JSON object
LICENSE_ENVIRONMENT = "XLWINGS_LICENSE_KEY"
TOKEN_LENGTH = 24  # characters that a bearer token has at least
AUTH = ("none", "token", "entraid")
MEGABYTE = 1024 * 1024


class ServerError(TokenbookError):
    """The server cannot start as it was asked to; one line for the administrator."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """One server. Limits are per request; the rate is per client."""

    license_key: str
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    hosts: tuple[str, ...] = ()  # names under which clients may ask for it
    origins: tuple[str, ...] = ()  # other origins that may call it; none by default
    auth: str = "none"
    token_file: str | None = None
    entra_client: str | None = None
    entra_tenant: str | None = None
    roles: tuple[str, ...] = ()
    certificate: str | None = None
    key: str | None = None
    proxies: str = "127.0.0.1"  # addresses whose X-Forwarded-* headers are believed
    most_bytes: int = 16 * MEGABYTE
    most_seconds: float = 60.0  # a template with all its panels takes 5 to 15 on a small machine
    per_minute: int = 6000
    rate_store: str = "memory://"  # where counts are kept; redis:// shares them between workers
    catalog: str | None = None
    log: str = "info"

    @property
    def names(self) -> tuple[str, ...]:
        """Host names that are answered."""
        return self.hosts or (self.host, "localhost", "127.0.0.1", "[::1]", "::1")

    @property
    def scheme(self) -> str:
        return "https" if self.certificate else "http"

    def tokens(self) -> tuple[str, ...]:
        """The bearer tokens, one a line; lines that begin with # are comments."""
        return tuple(token for token, _ in read_tokens(Path(self.token_file))) if self.token_file else ()


def is_loopback(host: str) -> bool:
    """True for an address that only this machine can reach."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def checked(settings: ServerSettings) -> ServerSettings:
    """The settings, or ServerError with one line that says what is wrong and what would be right."""
    if not settings.license_key:
        raise ServerError(
            "xlwings Server needs a licence key: --license-key noncommercial if your use is non-commercial, else the "
            f"key of a paid plan (https://www.xlwings.org/pricing). It may stand in {LICENSE_ENVIRONMENT}"
        )
    if settings.auth not in AUTH:
        raise ServerError(f"--auth {settings.auth}: is one of {', '.join(AUTH)}")
    if settings.auth == "none" and not is_loopback(settings.host):
        raise ServerError(
            f"--host {settings.host}: others can reach this address, so users must sign in: --auth entraid with "
            "--entra-client and --entra-tenant, or --auth token with --token-file"
        )
    if settings.auth == "none" and any(not is_loopback(name) for name in settings.hosts):
        raise ServerError(
            "--allowed-host: a name other than localhost means that others reach the server, through a proxy perhaps; "
            "users must sign in: --auth entraid or --auth token"
        )
    if not is_loopback(settings.host) and not settings.hosts:
        raise ServerError(f"--host {settings.host}: say with --allowed-host under which name users reach the server")
    if any("*" in name for name in settings.hosts):
        raise ServerError("--allowed-host: a name, as prices.example.com; * would answer to any")
    if any("*" in origin for origin in settings.origins):
        raise ServerError(
            "--allow-origin: an origin, as https://excel.example.com; * would let any site call the server"
        )
    if settings.auth == "token":
        _check_token_file(settings)
    if settings.auth == "entraid" and not (settings.entra_client and settings.entra_tenant):
        raise ServerError("--auth entraid: needs --entra-client and --entra-tenant, the ids of your app registration")
    if bool(settings.certificate) != bool(settings.key):
        raise ServerError("--certificate and --key belong together: the certificate file and its private key")
    for name, path in (("--certificate", settings.certificate), ("--key", settings.key)):
        if path and not Path(path).is_file():
            raise ServerError(f"{name} {path}: there is no such file")
    for name, number in (("--port", settings.port), ("--workers", settings.workers), ("--rate", settings.per_minute)):
        if number < 1:
            raise ServerError(f"{name} {number}: is a number of 1 or more")
    if settings.most_bytes < 1 or settings.most_seconds <= 0:
        raise ServerError("--max-megabytes and --max-seconds are above 0")
    return settings


def _check_token_file(settings: ServerSettings) -> None:
    if not settings.token_file:
        raise ServerError("--auth token: needs --token-file, a file with one token a line")
    path = Path(settings.token_file)
    if not path.is_file():
        raise ServerError(f"--token-file {path}: there is no such file")
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise ServerError(f"--token-file {path}: others can read it; chmod 600 {path}")
    tokens = read_tokens(path)
    if not tokens:
        raise ServerError(f"--token-file {path}: holds no token; write one a line, with a user's name after a space")
    short = [number for number, (token, _) in enumerate(tokens, 1) if len(token) < TOKEN_LENGTH]
    if short:
        raise ServerError(
            f"--token-file {path}: token {short[0]} is shorter than {TOKEN_LENGTH} characters; make one with: "
            'python -c "import secrets; print(secrets.token_urlsafe(32))"'
        )


def read_tokens(path: Path) -> list[tuple[str, str]]:
    """(token, user) of each line: a token, then the user's name if it is given."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            token, _, user = line.strip().partition(" ")
            found.append((token, user.strip() or "token user"))
    return found


def to_environment(settings: ServerSettings) -> None:
    """Hand the settings to worker processes."""
    os.environ[ENVIRONMENT] = json.dumps(dataclasses.asdict(settings))


def from_environment() -> ServerSettings:
    stored = json.loads(os.environ[ENVIRONMENT])
    given: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in stored.items()}
    return ServerSettings(**given)
