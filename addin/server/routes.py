"""Our routes in front of the xlwings Server application: function calls, alone and in batches, off the event loop."""

from __future__ import annotations

import functools
import json

import anyio
import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from addin.server import observe
from addin.server.calls import FUNCTIONS, BadCallError, call
from udfs.functions.errors import VALUE

MOST_CALLS = 1000  # in one batch
BAD_REQUEST = 400


def routes(authenticate, threads: int) -> list[Route]:
    """The routes. ``authenticate(request)`` raises HTTPException for who may not; ``threads`` calculate at once."""
    limiter: list[anyio.CapacityLimiter] = []

    async def calculate(work, *args):
        if not limiter:  # belongs to the running event loop
            limiter.append(anyio.CapacityLimiter(threads))
        return await anyio.to_thread.run_sync(work, *args, limiter=limiter[0], abandon_on_cancel=True)

    def guarded(handler):
        @functools.wraps(handler)
        async def answer(request: Request) -> Response:
            try:
                await authenticate(request)
                return await handler(request)
            except HTTPException as error:
                return JSONResponse({"detail": error.detail}, error.status_code)
            except (BadCallError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
                text = str(error) if isinstance(error, BadCallError) else "The request is not JSON."
                return PlainTextResponse(text, BAD_REQUEST)

        return answer

    @guarded
    async def one(request: Request) -> Response:
        return Response(await calculate(answer_one, await request.body()), media_type="application/json")

    @guarded
    async def batch(request: Request) -> Response:
        return Response(await calculate(answer_batch, await request.body()), media_type="application/json")

    @guarded
    async def metrics(request: Request) -> Response:
        return observe.metrics(request)

    return [
        Route("/xlwings/custom-functions-call", one, methods=["POST"]),
        Route("/xlwings/custom-functions-batch", batch, methods=["POST"]),
        Route("/metrics", metrics, methods=["GET"]),
    ]


def answer_one(body: bytes) -> bytes:
    return _encoded(_counted(json.loads(body)))


def answer_batch(body: bytes) -> bytes:
    """A list of calls, each with its own outcome: what one cannot do, the others still can."""
    bodies = json.loads(body)
    if not isinstance(bodies, list) or len(bodies) > MOST_CALLS:
        raise BadCallError(f"a batch is a list of at most {MOST_CALLS} calls")
    answers = []
    for each in bodies:
        try:
            answers.append({"status": 200, "data": _counted(each)})
        except BadCallError as error:
            answers.append({"status": BAD_REQUEST, "data": str(error)})
    return _encoded(answers)


def _counted(body) -> dict:
    answer = call(body)
    first = answer["result"][0][0] if answer["result"] and answer["result"][0] else None
    outcome = first.get("errorType", "Error") if isinstance(first, dict) else "ok"
    observe.CALLS.labels(FUNCTIONS[str(body["func_name"]).lower()].name, outcome).inc()
    return answer


def _encoded(answer) -> bytes:
    try:
        return json.dumps(answer, allow_nan=False, separators=(",", ":")).encode()
    except ValueError:  # in_cell never gives such a number; if it did, the client must not repeat the call for it
        error = {"result": [[{"type": "Error", "errorType": "Value", "message": f"{VALUE} the result is not finite"}]]}
        return json.dumps(error).encode()
