"""Our routes in front of the xlwings Server application: function calls, alone and in batches, off the event loop."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from tokenbook.addin.server import observe, pages
from tokenbook.addin.server.calls import FUNCTIONS, BadCallError, call
from tokenbook.udfs.errors import TokenbookError
from tokenbook.udfs.functions.errors import VALUE

MOST_CALLS = 1000  # in one batch
MOST_PAGES = 2  # templates and refreshes at once
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BAD_REQUEST = 400
Handler = Callable[[Request], Awaitable[Response]]
Given = dict[str, Any]  # an object of JSON


def routes(authenticate: Callable[[Request], Awaitable[None]], threads: int) -> list[Route]:
    """The routes. ``authenticate(request)`` raises HTTPException for who may not; ``threads`` calculate at once."""
    # Templates take seconds; cells that are calculated meanwhile must not wait for them. A calculation that was given
    # up keeps its thread until it ends, so that there are never more of them than this.
    cells, pages_ = ThreadPoolExecutor(threads, "cells"), ThreadPoolExecutor(MOST_PAGES, "pages")

    async def calculate(work: Callable[..., Any], *args: object, pool: ThreadPoolExecutor = cells) -> Any:
        return await asyncio.get_running_loop().run_in_executor(pool, work, *args)

    def guarded(handler: Handler) -> Handler:
        @functools.wraps(handler)
        async def answer(request: Request) -> Response:
            try:
                await authenticate(request)
                return await handler(request)
            except HTTPException as error:
                return JSONResponse({"detail": error.detail}, error.status_code)
            except BadCallError as error:
                return PlainTextResponse(str(error), BAD_REQUEST)

        return answer

    @guarded
    async def one(request: Request) -> Response:
        return Response(await calculate(answer_one, await request.body()), media_type="application/json")

    @guarded
    async def batch(request: Request) -> Response:
        return Response(await calculate(answer_batch, await request.body()), media_type="application/json")

    def page(work: Callable[[Given], Response | Given]) -> Handler:
        """A page of the task pane: ``work(request body or query)`` in a thread of its own kind."""

        @guarded
        async def answer(request: Request) -> Response:
            given = parsed(await request.body()) if request.method == "POST" else dict(request.query_params)
            if not isinstance(given, dict):
                raise BadCallError("the request is an object")
            found = await calculate(_said, work, given, pool=pages_)
            return found if isinstance(found, Response) else JSONResponse(found)

        return answer

    @guarded
    async def script(request: Request) -> Response:
        raise HTTPException(404, "there is no such script")

    @guarded
    async def metrics(request: Request) -> Response:
        return observe.metrics(request)

    return [
        Route("/xlwings/custom-functions-call", one, methods=["POST"]),
        Route("/xlwings/custom-functions-batch", batch, methods=["POST"]),
        Route("/xlwings/custom-scripts-call/{name}", script, methods=["POST"]),
        Route("/tokenbook/choices", page(lambda given: pages.choices()), methods=["GET"]),
        Route("/tokenbook/template", page(_template), methods=["POST"]),
        Route("/tokenbook/baselines", page(_baselines), methods=["GET"]),
        Route("/tokenbook/claim", page(lambda given: pages.claim(str(given.get("id", "")))), methods=["GET"]),
        Route("/tokenbook/refresh", page(_refresh), methods=["POST"]),
        Route("/tokenbook/check", page(lambda given: pages.check(_object(given, "book"))), methods=["POST"]),
        Route("/metrics", metrics, methods=["GET"]),
    ]


def _said(work: Callable[[Given], Response | Given], given: Given) -> Response | Given:
    """The answer of a page, or its refusal in words."""
    try:
        return work(given)
    except Exception as error:
        if not isinstance(error, TokenbookError):
            raise
        text = str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error)
        return JSONResponse({"detail": " ".join(text.split())}, BAD_REQUEST)


def _template(given: Given) -> Response:
    name = str(given.get("name", ""))
    content = pages.template(name, _object(given, "options"))
    return Response(content, media_type=XLSX, headers={"content-disposition": f'attachment; filename="{name}.xlsx"'})


def _baselines(given: Given) -> Given:
    return pages.baselines(*(given.get(field) for field in ("platform", "metric", "model", "as_of")))


def _refresh(given: Given) -> Given:
    return pages.refresh(_object(given, "book"), write=given.get("write") is True, force=given.get("force") is True)


def _object(given: Given, field: str) -> Given:
    value = given.get(field)
    if not isinstance(value, dict):
        raise pages.PageError(f"{field} is an object")
    return value


def parsed(body: bytes) -> Any:
    """The JSON of a request. BadCallError for what is none: other encodings, NaN, numbers without end, deep nesting."""
    try:
        return json.loads(body.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise BadCallError("The request is not JSON.") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def answer_one(body: bytes) -> bytes:
    return _encoded(_counted(parsed(body)))


def answer_batch(body: bytes) -> bytes:
    """A list of calls, each with its own outcome: what one cannot do, the others still can."""
    bodies = parsed(body)
    if not isinstance(bodies, list) or len(bodies) > MOST_CALLS:
        raise BadCallError(f"a batch is a list of at most {MOST_CALLS} calls")
    answers = []
    for each in bodies:
        try:
            answers.append({"status": 200, "data": _counted(each)})
        except BadCallError as error:
            answers.append({"status": BAD_REQUEST, "data": str(error)})
    return _encoded(answers)


def _counted(body: Any) -> Given:
    answer = call(body)
    first = answer["result"][0][0] if answer["result"] and answer["result"][0] else None
    outcome = first.get("errorType", "Error") if isinstance(first, dict) else "ok"
    observe.CALLS.labels(FUNCTIONS[str(body["func_name"]).lower()].name, outcome).inc()
    return answer


def _encoded(answer: object) -> bytes:
    try:
        return json.dumps(answer, allow_nan=False, separators=(",", ":")).encode()
    except ValueError:  # in_cell never gives such a number; if it did, the client must not repeat the call for it
        error = {"result": [[{"type": "Error", "errorType": "Value", "message": f"{VALUE} the result is not finite"}]]}
        return json.dumps(error).encode()
