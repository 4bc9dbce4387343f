"""xlwings Server: one call against a bare echo, 5,000 cells through the browser client with and without batches, and
two worker processes against one.

Everything goes over loopback to servers of this run. Measurements that are compared are taken in turn, so that other
work on the machine disturbs both.
"""

import contextlib
import http.client
import importlib.util
import json
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

SERVER_TESTS = Path(__file__).parents[1] / "addin" / "server"
CALL, BATCH = "/xlwings/custom-functions-call", "/xlwings/custom-functions-batch"
JSON_HEADERS = {"content-type": "application/json"}
ECHO_TARGET, BATCH_TARGET, WORKERS_TARGET = 3.0, 0.1, 1.7
TWO_FREE_CORES = 1.8  # times the work of one loop that two get done where two cores are free
ROUNDS, CALLS_A_ROUND = 150, 25
CELLS = 5_000
CLIENTS, LOAD_SECONDS, LOAD_ROUNDS = 6, 2.0, 10
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ECHO = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
async def echo(request):
    return Response(await request.body(), media_type="application/json")
async def health(request):
    return PlainTextResponse("ok")
app = Starlette(routes=[Route("/health", health), Route("/echo", echo, methods=["POST"])])
uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="warning")
"""


def load(name: str):
    spec = importlib.util.spec_from_file_location(f"bench_{name}", SERVER_TESTS / f"{name}.py")
    sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows() -> list[dict]:
    return [one_call(), *browser(), workers()]


# --- one call ----------------------------------------------------------------------------------------------------


def one_call() -> dict:
    """Median time of one call of TOK_COST over that of an echo of the same bytes, each over one kept connection.

    Rounds of both in turn; the quietest of each counts, for other work on the machine only ever adds.
    """
    body = json.dumps(load("conftest").call_body("tok_cost", 2.0, 1000.0, None)).encode()
    with load("soak").serving() as (port, _), echoing() as echo_port:
        ours, bare = (http.client.HTTPConnection("127.0.0.1", each, timeout=30) for each in (port, echo_port))
        pairs = []
        for _ in range(ROUNDS):
            taken = [[timed(*each, body) for _ in range(CALLS_A_ROUND)] for each in ((ours, CALL), (bare, "/echo"))]
            pairs.append([statistics.median(times) for times in taken])
    call, echo = (min(medians) for medians in zip(*pairs, strict=True))
    usual = statistics.median(call / echo for call, echo in pairs)
    return {
        "name": "one call over HTTP, median of the quietest round",
        "peer": "a bare Starlette echo of the same bytes",
        "ratio": call / echo,
        "target": f"under {ECHO_TARGET:g}",
        "met": call / echo < ECHO_TARGET,
        "detail": f"{call * 1e3:.2f} ms against {echo * 1e3:.2f} ms; usually {usual:.2f} times",
    }


def timed(connection, path: str, body: bytes) -> float:
    start = time.perf_counter()
    connection.request("POST", path, body, JSON_HEADERS)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
    return time.perf_counter() - start


@contextlib.contextmanager
def echoing():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", ECHO, str(port)])
    try:
        for _ in range(300):
            with contextlib.suppress(OSError):
                timed(http.client.HTTPConnection("127.0.0.1", port, timeout=5), "/echo", b"{}")
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


# --- the browser client ------------------------------------------------------------------------------------------

TIME_CALLS = """async (cells) => {
  const began = performance.now();
  const found = await Promise.all(Array.from({ length: cells }, (_, n) =>
    __host.call("TOK_COST", [[[1 + n]], [[1000]], null], `Sheet1!A${n + 1}`)));
  const took = performance.now() - began;
  return [took, found.filter(({ value }, n) => Math.abs(value?.[0][0] * 3.6 / (1 + n) - 1) < 1e-9).length];
}"""


def browser() -> list[dict]:
    """5,000 cells that Excel calculates at once, in headless Chromium, with our client and with xlwings' alone."""
    if CHROMIUM is None:
        return []
    from playwright.sync_api import sync_playwright

    with load("soak").serving() as (port, _), sync_playwright() as playwright:
        program = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        pages = [pane(program, port, batching=batching) for batching in (True, False)]
        batched, single = ([], [])
        for _ in range(2):
            for page, times in zip(pages, (batched, single), strict=True):
                milliseconds, right = page.evaluate(TIME_CALLS, CELLS)
                assert right == CELLS, f"{right} of {CELLS} cells are right"
                times.append(milliseconds / 1e3)
        program.close()
    ours, theirs = min(batched), min(single)
    return [
        {
            "name": f"{CELLS:,} scalar cells through the browser client",
            "peer": "one request a cell, as xlwings' own client",
            "ratio": ours / theirs,
            "target": f"at most {BATCH_TARGET:g}",
            "met": ours / theirs <= BATCH_TARGET,
            "detail": f"{ours:.2f} s against {theirs:.1f} s",
        }
    ]


def pane(program, port: int, *, batching: bool):
    page = program.new_page()
    page.set_default_timeout(300_000)
    stub = SERVER_TESTS / "office.js"
    page.route("**/office.js", lambda route: route.fulfill(path=stub, content_type="text/javascript"))
    if not batching:
        page.route("**/calls.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(f"http://localhost:{port}/taskpane.html")
    while not page.evaluate("globalThis.__host && Object.keys(__host.functions).length > 0"):
        page.wait_for_timeout(50)
    page.evaluate(TIME_CALLS, 3)
    return page


# --- workers -----------------------------------------------------------------------------------------------------


def workers() -> dict:
    """Calls a second of two processes over those of one; each request is a batch, on a connection of its own."""
    call_body = load("conftest").call_body
    body = json.dumps([call_body("tok_cost", 1.0 + n, 1000.0, None) for n in range(1000)]).encode()
    soak = load("soak")
    with soak.serving(1) as (one, _), soak.serving(2) as (two, _):
        throughput(one, body, 1.0)
        throughput(two, body, 1.0)
        pairs, plain = [], []
        for _ in range(LOAD_ROUNDS):
            pairs.append((throughput(one, body), throughput(two, body)))
            plain.append((busy(1), busy(2)))
    single, double = (max(rates) for rates in zip(*pairs, strict=True))  # the quietest turn of each
    ratio = double / single
    usual = statistics.median(double / single for single, double in pairs)
    free = max(both for _, both in plain) / max(alone for alone, _ in plain)
    return {
        "name": "calls a second, two workers",
        "peer": "one worker",
        "ratio": ratio,
        "target": f"at least {WORKERS_TARGET:g}",
        # Where not even two plain loops do nearly twice the work of one, nothing is said about the workers.
        "met": None if ratio < WORKERS_TARGET and free < TWO_FREE_CORES else ratio >= WORKERS_TARGET,
        "detail": f"{double:,.0f} against {single:,.0f}; usually {usual:.2f} times; two plain loops: {free:.2f} times",
    }


BUSY = """
import json, time
text, count, ends = json.dumps([{"a": [n, "b"]} for n in range(200)]), 0, time.perf_counter() + 1.0
while time.perf_counter() < ends:
    json.dumps(json.loads(text)); count += 1
print(count)
"""


def busy(processes: int) -> int:
    """What so many plain loops get done in a second on this machine as busy as it is."""
    running = [subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE) for _ in range(processes)]
    return sum(int(each.communicate()[0]) for each in running)


def throughput(port: int, body: bytes, seconds: float = LOAD_SECONDS) -> float:
    """Calls a second. A connection for each request: a kept one would stay with the worker that took it first."""
    ends, done = time.perf_counter() + seconds, [0] * CLIENTS

    def client(number: int) -> None:
        while time.perf_counter() < ends:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            timed(connection, BATCH, body)
            connection.close()
            done[number] += 1000

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - start)


if __name__ == "__main__":
    for row in rows():
        print(row)
