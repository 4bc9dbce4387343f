"""Chunks of scenarios over this process, over local processes, or over a Dask cluster that runs already.

Dask does the scheduling: it starts processes, restarts lost ones and repeats their chunks. A chunk is as long as takes
about CHUNK_SECONDS, so that an interruption loses little and a scheduler is not asked too often.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tokenbook.templates.sweep.errors import SweepError
from tokenbook.templates.sweep.evaluator import Answer, Evaluator
from tokenbook.templates.sweep.parts import Stretch

CHUNK_SECONDS = 2.0
FIRST_CHUNK = 4  # scenarios, until it is known how long one takes
LONGEST_CHUNK = 5000
AHEAD = 2  # chunks that wait for each worker
LOSSES = 3  # times that a chunk may take its worker with it
CONNECT_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Work:
    """What every worker needs once."""

    digest: str
    name: str
    book: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Done:
    first: int
    answers: list[Answer]
    seconds: float


_WORK: dict[str, Work] = {}  # of a worker process
_EVALUATORS: dict[str, Evaluator] = {}


def put(work: Work) -> None:
    """Make a workbook known to this process."""
    _WORK[work.digest] = work


def calculate(digest: str, first: int, rows: list[tuple]) -> Done:
    """Answer a chunk in this process; the workbook is loaded for the first one."""
    evaluator = _EVALUATORS.get(digest)
    if evaluator is None:
        work = _WORK[digest]
        evaluator = _EVALUATORS[digest] = Evaluator(work.book, work.inputs, work.outputs, work.name)
    began = time.perf_counter()
    answers = [evaluator.answer(row) for row in rows]
    return Done(first, answers, time.perf_counter() - began)


class Chunks:
    """Cuts what is missing into chunks of a fitting length, as it becomes known how long a scenario takes."""

    def __init__(self, missing: list[Stretch]):
        self.missing = list(reversed(missing))
        self.each = 0.0  # seconds a scenario

    def learn(self, done: Done) -> None:
        latest = done.seconds / max(1, len(done.answers))
        self.each = latest if not self.each else 0.7 * self.each + 0.3 * latest

    def next(self) -> Stretch | None:
        if not self.missing:
            return None
        fitting = int(CHUNK_SECONDS / self.each) if self.each else FIRST_CHUNK
        stretch = self.missing.pop()
        count = min(stretch.count, max(1, min(fitting, LONGEST_CHUNK)))
        if count < stretch.count:
            self.missing.append(Stretch(stretch.first + count, stretch.count - count))
        return Stretch(stretch.first, count)


def in_this_process(work: Work, rows: list[tuple], missing: list[Stretch], ready: Evaluator) -> Iterator[Done]:
    """``ready`` has the workbook in the engine already; it is closed in the end."""
    put(work)
    _EVALUATORS[work.digest] = ready
    chunks = Chunks(missing)
    try:
        while (stretch := chunks.next()) is not None:
            done = calculate(work.digest, stretch.first, rows[stretch.first : stretch.first + stretch.count])
            chunks.learn(done)
            yield done
    finally:
        _WORK.pop(work.digest, None)
        if evaluator := _EVALUATORS.pop(work.digest, None):
            evaluator.close()


def on_dask(
    work: Work, rows: list[tuple], missing: list[Stretch], *, address: str | None, workers: int
) -> Iterator[Done]:
    """Local processes (``address`` None), or the cluster at an address. Results come as they are finished."""
    distributed = _distributed()
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(_client(distributed, stack, address, workers))
        client.register_plugin(_plugin(distributed, work))  # a restarted worker gets the workbook again
        slots = workers if address is None else max(1, sum(client.nthreads().values()))
        chunks = Chunks(missing)
        waiting = distributed.as_completed()
        losses: dict[str, int] = {}

        def submit(stretch: Stretch) -> None:
            chunk = rows[stretch.first : stretch.first + stretch.count]
            future = client.submit(calculate, work.digest, stretch.first, chunk, pure=False)
            future.stretch = stretch
            waiting.add(future)

        for _ in range(AHEAD * slots):
            if (stretch := chunks.next()) is not None:
                submit(stretch)
        for future in waiting:
            try:
                done = future.result()
            except (distributed.KilledWorker, distributed.client.FutureCancelledError) as error:
                key = str(future.stretch.first)
                losses[key] = losses.get(key, 0) + 1
                if losses[key] > LOSSES:
                    last = future.stretch.first + future.stretch.count
                    raise SweepError(
                        f"scenarios {future.stretch.first + 1} to {last}: their worker was lost {LOSSES} times "
                        f"({type(error).__name__}); it may have run out of memory"
                    ) from None
                submit(future.stretch)
                continue
            chunks.learn(done)
            if (stretch := chunks.next()) is not None:
                submit(stretch)
            yield done


def processors() -> int:
    """Processes that this machine has room for."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def has_dask() -> bool:
    import importlib.util

    return importlib.util.find_spec("distributed") is not None


def _distributed():
    try:
        import distributed
        import distributed.client
    except ImportError:
        raise SweepError(
            'several workers need Dask: python -m pip install "tokenbook[scale]"; or --workers 1'
        ) from None
    return distributed


def _client(distributed, stack, address: str | None, workers: int):
    if address is not None:
        try:
            return distributed.Client(address, timeout=CONNECT_SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            raise SweepError(
                f"--scheduler {address}: no Dask scheduler answers there ({type(error).__name__})"
            ) from None
    import dask

    stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": LOSSES}))
    cluster = stack.enter_context(
        distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        )
    )
    return distributed.Client(cluster)


def _plugin(distributed, work: Work):
    class SendWorkbook(distributed.WorkerPlugin):
        """Gives every worker, now or later, the workbook once."""

        name = f"tokenbook-{work.digest}"

        def setup(self, worker) -> None:
            from tokenbook.templates.sweep import schedule

            schedule.put(work)

    return SendWorkbook()
