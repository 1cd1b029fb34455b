"""The figures of the service, for Prometheus.

One process keeps them in memory, in a registry that belongs to its application. Workers of ``rdhy-qa serve --workers``
write theirs into a common folder, and whichever is asked adds all of them up.
"""

import os
from collections.abc import Iterator
from importlib.metadata import version
from itertools import chain
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from rdhy_qa.contracts import Answer
from rdhy_qa.index.manifest import Manifest
from rdhy_qa.journal.writing import Surface
from rdhy_qa_api.operations.processes import Processes, is_alive

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Variable by which prometheus_client learns of the workers' folder."""

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5, 10, 20, 30)
_CONFIDENCES = tuple(tenth / 10 for tenth in range(1, 11))
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OTHER = "other"


class Metrics:
    """What one application counts and measures. No label takes a value that callers make up."""

    def __init__(self) -> None:
        # When a counter began is known from the start of the process.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "rdhy_qa_requests",
            "Requests, by what became of them.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "rdhy_qa_request_duration_seconds",
            "Time from the first byte of a request to the last byte of its reply.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._answers = Counter(
            "rdhy_qa_answers",
            "Answers, by the way the question came and what became of it.",
            ("surface", "mode", "answered", "reason", "fallback"),
            registry=registry,
        )
        self._confidence = Histogram(
            "rdhy_qa_answer_confidence",
            "Confidence of answers.",
            ("answered",),
            buckets=_CONFIDENCES,
            registry=registry,
        )
        self._under_way = Gauge(
            "rdhy_qa_questions_under_way",
            "Questions that are answered or wait for it.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._lost = Counter("rdhy_qa_journal_lost", "Entries that the journal could not take.", registry=registry)

    def request(self, method: str, route: str, status: int | None, seconds: float) -> None:
        """Count a request; the status is None where no reply began."""
        method = known_method(method)
        self._requests.labels(method, route, "none" if status is None else str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def answered(self, answer: Answer, surface: Surface) -> None:
        """Count an answer."""
        answered = "true" if answer.answered else "false"
        self._answers.labels(surface, answer.mode, answered, answer.reason or "", answer.fallback or "").inc()
        self._confidence.labels(answered).observe(answer.confidence)

    def under_way(self, questions: int) -> None:
        """Say how many questions are under way."""
        self._under_way.set(questions)

    def lost(self, entries: int) -> None:
        """Count entries that the journal lost."""
        self._lost.inc(entries)

    def text(self, manifest: Manifest | None) -> bytes:
        """All figures in Prometheus's text format, with the generation in use where there is one."""
        folder = os.environ.get(FOLDER)
        if folder is None:
            return generate_latest(_Together(self._registry, Processes([os.getpid()]), _Generation(manifest)))
        workers = _live_workers(folder)
        counted = MultiProcessCollector(None, folder)  # type: ignore[no-untyped-call]
        processes = Processes([os.getppid(), *workers], supervisor=os.getppid())
        return generate_latest(_Together(counted, processes, _Generation(manifest)))


def known_method(method: str) -> str:
    """The method of a request, or one word for all that nobody should use."""
    return method if method in _METHODS else _OTHER


def _live_workers(folder: str) -> set[int]:
    """The workers that are alive; what those that are not said of the moment is forgotten."""
    pids = {int(path.stem.rpartition("_")[2]) for path in Path(folder).glob("*.db")}
    alive = set(filter(is_alive, pids))
    for pid in pids - alive:
        mark_process_dead(pid, folder)  # type: ignore[no-untyped-call]
    return alive


class _Together(Collector):
    """Several collectors as one."""

    def __init__(self, *collectors: Collector) -> None:
        self._collectors = collectors

    def collect(self) -> Iterator[Metric]:
        """The figures of all."""
        return chain.from_iterable(collector.collect() for collector in self._collectors)


class _Generation(Collector):
    """Which generation is in use, and how old it is."""

    def __init__(self, manifest: Manifest | None) -> None:
        self._manifest = manifest

    def collect(self) -> Iterator[Metric]:
        """The figures."""
        yield InfoMetricFamily("rdhy_qa", "The program.", {"version": version("rdhy-qa")})
        if self._manifest is not None:
            facts = {"generation": self._manifest.id, "embedder": self._manifest.model.name}
            yield InfoMetricFamily("rdhy_qa_generation", "The generation that answers come from.", facts)
            created = self._manifest.created.timestamp()
            yield GaugeMetricFamily("rdhy_qa_generation_created_timestamp_seconds", "When it was built.", created)
