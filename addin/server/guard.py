"""What stands between the network and the application: sizes, times, rates, headers. Plain ASGI, one idea each.

Each answer is one line of text; none says where a file stands or what a traceback held. Codes are such that Excel's
client does not repeat the request (it repeats 500, 502, 503 and 504).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time

from limits import RateLimitItemPerMinute
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.storage import storage_from_string
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tokenbook.addin.server.settings import MEGABYTE

TOO_LARGE, TOO_SLOW, TOO_MANY = 413, 408, 429
READ_ON = 4  # times the largest size that are read of a refused request, and thrown away
READ_ON_SECONDS = 10
log = logging.getLogger("tokenbook.server")
# Excel's own pages frame the task pane; nothing else may.
FRAMES = (
    "https://*.officeapps.live.com https://*.office.com https://*.sharepoint.com https://*.microsoft.com "
    "https://*.office365.com https://*.cloud.microsoft"
)
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; object-src 'none'; "
    f"frame-ancestors 'self' {FRAMES}"
)
HEADERS = {
    b"content-security-policy": CONTENT_SECURITY_POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=(), payment=()",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-store",
}
TRANSPORT = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
CACHED = (b"image/", b"font/")  # Excel shows no ribbon icons that may not be stored


class SecurityHeaders:
    """Puts our headers on every answer, over those of the application."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self.app, self.secure = app, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = {name.lower(): value for name, value in message.get("headers", ())}
                ours = dict(HEADERS)
                if kept.get(b"content-type", b"").startswith(CACHED):
                    ours[b"cache-control"] = b"private, max-age=3600"
                if self.secure:
                    ours[TRANSPORT[0]] = TRANSPORT[1]
                rest = [pair for pair in message.get("headers", ()) if pair[0].lower() not in (*ours, b"server")]
                message = {**message, "headers": [*rest, *ours.items()]}
            await send(message)

        return await self.app(scope, receive, sending)


class BodyLimit:
    """Refuses a request body above a size, by its stated length or while it arrives."""

    def __init__(self, app: ASGIApp, *, most_bytes: int) -> None:
        self.app, self.most = app, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if not stated.isdigit() or int(stated) > self.most:
            to_come = stated.isdigit() and int(stated) <= READ_ON * self.most
            return await self._refuse(scope, receive, send, to_come)
        seen, started, refused = 0, False, False

        async def receiving() -> Message:
            nonlocal seen, refused
            message = await receive()
            seen += len(message.get("body", b""))
            if seen <= self.most:
                return message
            if not started and not refused:
                refused = True
                await self._refuse(scope, receive, send, message.get("more_body", False))
            return {"type": "http.disconnect"}

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            if not refused:
                await send(message)

        try:
            await self.app(scope, receiving, sending)
        except Exception:
            if not refused:  # else the application only says that the client is gone
                raise

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, to_come: bool) -> None:
        # Who is still sending would only see a broken connection, and send it all again. Some more is read, then.
        seen = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READ_ON_SECONDS):
                while to_come and seen <= READ_ON * self.most:
                    message = await receive()
                    seen += len(message.get("body", b""))
                    to_come = message.get("more_body", False)
        text = f"The request is larger than {self.most / MEGABYTE:.0f} MB. Send a smaller range."
        await PlainTextResponse(text, TOO_LARGE, headers={"connection": "close"})(scope, receive, send)


class TimeLimit:
    """Gives up on a request after a time."""

    def __init__(self, app: ASGIApp, *, seconds: float) -> None:
        self.app, self.seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            async with asyncio.timeout(self.seconds):
                await self.app(scope, receive, sending)
        except TimeoutError:
            if not started:
                text = f"The calculation took longer than {self.seconds:g} seconds. Ask for less at once."
                await PlainTextResponse(text, TOO_SLOW)(scope, receive, send)


class RateLimit:
    """Counts the requests of each address in the last minute.

    Two counters an address, not a list of its requests: what it costs does not grow with the load. A store that does
    not answer stops nobody, but the log says so.
    """

    def __init__(self, app: ASGIApp, *, per_minute: int, store: str) -> None:
        self.app = app
        self.item = RateLimitItemPerMinute(per_minute)
        options = {"implementation": "redispy"} if store.startswith("redis") else {}  # the client that is installed
        self.limiter = SlidingWindowCounterRateLimiter(storage_from_string(f"async+{store}", **options))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == "/health":
            return await self.app(scope, receive, send)
        # By address, not by token: a made-up token must not open a window of its own.
        who = (scope.get("client") or ("unknown",))[0]
        try:
            allowed = await self.limiter.hit(self.item, who)
        except Exception as error:
            log.error("the rate store does not answer", extra={"error": type(error).__name__})
            allowed = True
        if allowed:
            return await self.app(scope, receive, send)
        window = await self.limiter.get_window_stats(self.item, who)
        wait = max(1, math.ceil(window.reset_time - time.time()))
        text = f"More than {self.item.amount} requests in a minute. Wait {wait} seconds."
        await PlainTextResponse(text, TOO_MANY, headers={"retry-after": str(wait)})(scope, receive, send)
