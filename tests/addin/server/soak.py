"""Mixed load on a server of its own, with bad and huge inputs; says whether it stayed right, quick and small.

    python tests/addin/server/soak.py MINUTES [WORKERS]

Loopback only, CLIENTS requests at a time, each client pausing between them. Exit code 1 if an answer was wrong, a
status was 500 or more, or the memory of the server grew.
"""

import contextlib
import http.client
import importlib.util
import json
import math
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
CLIENTS = 4
PAUSE = 0.01  # seconds between two requests of a client
SAMPLE = 2.0  # seconds between two looks at the memory
SETTLED = 0.4  # of the time; memory before that is warming up
# From the settled part's first half to its second. Templates that are built at the same time, and the allocator after
# them, move the memory in a band of some 80 MB; a leak of 1 kB a request would be more than this in half an hour.
GROWTH = 40.0  # MB
CALL, BATCH = "/xlwings/custom-functions-call", "/xlwings/custom-functions-batch"
RANGE_ROWS = 5_000
TEMPLATE = b'{"name": "roi", "options": {}}'
TOO_LARGE = 17 * 1024 * 1024


def load(path: Path, name: str):
    spec = importlib.util.spec_from_file_location(name, path)
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- the server --------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def serving(workers: int = 1, **more):
    """A server on a free port of this machine; gives the port and the process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {"license-key": "noncommercial", "port": port, "workers": workers, "rate": 10_000_000, **more}
    command = [sys.executable, "-m", "tokenbook", "serve"]
    command += [part for name, value in options.items() for part in (f"--{name}", str(value))]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True, cwd=HERE.parents[2]
        )
        try:
            _wait(port, process, log)
            yield port, process
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait(port: int, process, log) -> None:
    for _ in range(600):
        if process.poll() is not None:
            log.seek(0)
            raise RuntimeError(f"the server ended: {log.read().decode()[-2000:]}")
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.1)
    raise RuntimeError("the server does not answer")


def megabytes(process) -> float:
    """Resident memory of a process and its children."""
    total = 0
    for pid in (process.pid, *_children(process.pid)):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmRSS"):
                    total += int(line.split()[1])
    return total / 1024


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text().split()):
                found += [child, *_children(child)]
    return found


# --- what is asked -----------------------------------------------------------------------------------------------


class Requests:
    """Requests with what a right answer is: (method, path, body, complaint of status and content)."""

    def __init__(self, port: int):
        self.table = load(HERE.parents[1] / "hosts" / "cases.py", "soak_cases")
        over_http = load(HERE / "test_calls_over_http.py", "soak_over_http")
        self.hostile = [*load(HERE / "test_security.py", "soak_security").HOSTILE.values()]
        self.received = over_http.received
        book = load(HERE / "open_book.py", "soak_open_book")
        sent, call_body = over_http.as_sent, load(HERE / "conftest.py", "soak_conftest").call_body
        self.known = [
            (call_body(case.function, *(sent(self.table, each) for each in case.arguments)), case.result())
            for case in self.table.cases()
        ]
        self.range = call_body("tok_cost", [[1.0 + n / 1000] for n in range(RANGE_ROWS)], 1000.0)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "roi.xlsx"
            path.write_bytes(_template(port))
            self.workbook = json.dumps({"book": book.payload(book.description(path)), "write": True}).encode()
        self.kinds = [
            (40, self.one), (20, self.batch), (6, self.large_range), (20, self.bad), (1, self.too_large),
            (4, self.baselines), (4, self.claim), (1, self.refresh), (2, self.static), (1, self.metrics),
            (0.05, self.template),
        ]  # fmt: skip

    def any(self, chance: random.Random):
        (work,) = chance.choices([work for _, work in self.kinds], [weight for weight, _ in self.kinds])
        return work(chance)

    def one(self, chance):
        call, wanted = chance.choice(self.known)
        return "POST", CALL, json.dumps(call).encode(), lambda status, body: self._wrong(status, body, wanted)

    def batch(self, chance):
        chosen = chance.choices(self.known, k=chance.choice((2, 20, 200)))

        def complaint(status, body):
            if status != 200:
                return f"status {status}"
            answers = json.loads(body)
            found = [self._differs(each["data"], wanted) for each, (_, wanted) in zip(answers, chosen, strict=True)]
            return next(filter(None, found), "")

        return "POST", BATCH, json.dumps([call for call, _ in chosen]).encode(), complaint

    def large_range(self, chance):
        def complaint(status, body):
            if status != 200:
                return f"status {status}"
            rows = json.loads(body)["result"]
            right = len(rows) == RANGE_ROWS and math.isclose(rows[1000][0], 2.0 / 3.6, rel_tol=1e-9)
            return "" if right else f"the range is wrong: {rows[1000:1001]}"

        return "POST", CALL, json.dumps(self.range).encode(), complaint

    def bad(self, chance):
        path = chance.choice((CALL, BATCH, "/tokenbook/refresh", "/tokenbook/template", "/tokenbook/check", "/x"))
        return "POST", path, chance.choice(self.hostile), lambda status, _: "" if status < 500 else f"status {status}"

    def too_large(self, chance):
        return "POST", CALL, b" " * TOO_LARGE, lambda status, _: "" if status == 413 else f"status {status}"

    def baselines(self, chance):
        platform = chance.choice(("H100", "GB300 NVL72", "B200", "no such"))
        path = f"/tokenbook/baselines?metric=usd_per_gpu_hour&platform={platform.replace(' ', '%20')}"
        return "GET", path, None, lambda status, _: "" if status in (200, 400) else f"status {status}"

    def claim(self, chance):
        path = f"/tokenbook/claim?id={chance.choice(('15x', 'nothing', '%ff'))}"
        return "GET", path, None, lambda status, _: "" if status in (200, 400) else f"status {status}"

    def refresh(self, chance):
        def complaint(status, body):
            right = status == 200 and json.loads(body)["changes"] == 0
            return "" if right else f"refresh: {status} {body[:100]}"

        return "POST", "/tokenbook/refresh", self.workbook, complaint

    def template(self, chance):
        def complaint(status, body):
            return "" if status == 200 and body.startswith(b"PK") else f"template: {status} {body[:100]}"

        return "POST", "/tokenbook/template", TEMPLATE, complaint

    def static(self, chance):
        path = chance.choice(("/taskpane.html", "/manifest", "/xlwings/custom-functions-code.js", "/static/js/main.js"))
        return "GET", path, None, lambda status, _: "" if status == 200 else f"status {status}"

    def metrics(self, chance):
        return "GET", "/metrics", None, lambda status, _: "" if status == 200 else f"status {status}"

    def _wrong(self, status, body, wanted):
        return f"status {status}" if status != 200 else self._differs(json.loads(body), wanted)

    def _differs(self, answer, wanted) -> str:
        return self.table.difference(self.received(answer["result"]), wanted)


def _template(port: int) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("POST", "/tokenbook/template", TEMPLATE)
    return connection.getresponse().read()


# --- the load ----------------------------------------------------------------------------------------------------


class Load:
    def __init__(self, port: int, requests: Requests):
        self.port, self.requests = port, requests
        self.count, self.complaints, self.seconds = Counter(), Counter(), []
        self.stop = threading.Event()

    def client(self, seed: int) -> None:
        chance, connection = random.Random(seed), None
        while not self.stop.wait(PAUSE):
            method, path, body, complaint = self.requests.any(chance)
            connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
            began = time.perf_counter()
            try:
                connection.request(method, path, body, {"content-type": "application/json"})
                answer = connection.getresponse()
                status, content = answer.status, answer.read()
                if answer.will_close:
                    connection.close()
            except OSError:
                # The server closes a connection whose request it refused before it was read.
                connection.close()
                connection = None
                if body is not None and len(body) == TOO_LARGE:
                    self.count["closed"] += 1
                else:
                    self.complaints[f"{method} {path}: no answer"] += 1
                continue
            self.seconds.append(time.perf_counter() - began)
            self.count[status] += 1
            wrong = complaint(status, content) or ("" if status < 500 else f"status {status}")
            if wrong:
                self.complaints[f"{method} {path}: {wrong}"[:200]] += 1


def soak(minutes: float, workers: int = 1, say=print) -> dict:
    """Run the load; gives requests, statuses, complaints and the memory in MB while it ran."""
    memory = []
    with serving(workers) as (port, process):
        load_ = Load(port, Requests(port))
        threads = [threading.Thread(target=load_.client, args=(seed,)) for seed in range(CLIENTS)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        try:
            while (passed := time.monotonic() - began) < minutes * 60:
                time.sleep(min(SAMPLE, minutes * 60 / 20))
                memory.append((passed, megabytes(process)))
                if len(memory) % 30 == 0:
                    say(
                        f"{passed / 60:5.1f} min  {sum(load_.count.values()):7d} requests  {memory[-1][1]:6.1f} MB  "
                        f"{len(load_.complaints)} kinds of complaint",
                        flush=True,
                    )
        finally:
            load_.stop.set()
            for thread in threads:
                thread.join()
    settled = [size for passed, size in memory if passed >= minutes * 60 * SETTLED]
    half = len(settled) // 2
    before, after = _median(settled[:half]), _median(settled[half:])
    ordered = sorted(load_.seconds)
    return {
        "requests": sum(load_.count.values()),
        "statuses": dict(sorted(load_.count.items(), key=str)),
        "complaints": dict(load_.complaints),
        "megabytes": (round(before, 1), round(after, 1)),
        "grew": after - before > GROWTH,
        "median_ms": round(1000 * _median(ordered), 2),
        "p99_ms": round(1000 * ordered[int(0.99 * len(ordered))], 2),
    }


def _median(values):
    return sorted(values)[len(values) // 2]


def main(arguments: list[str]) -> int:
    found = soak(float(arguments[0]), *map(int, arguments[1:2]))
    print(json.dumps(found, indent=2))
    return 1 if found["complaints"] or found["grew"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
