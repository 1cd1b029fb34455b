"""Memory, time and open files of the processes that the service consists of, added up; as far as Linux tells."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

_CPU = "process_cpu_seconds"
_STARTED = "process_start_time_seconds"
# Of the fields of /proc/PID/stat that come after the name: user and system time of children that have ended.
_ENDED = slice(13, 15)


class Processes(Collector):
    """The figures that clients of Prometheus give of a process, for one or several."""

    def __init__(self, pids: Sequence[int], supervisor: int | None = None) -> None:
        self._pids = pids
        self._supervisor = supervisor

    def collect(self) -> Iterator[Metric]:
        """The sums; of the starts the first, since it is the service's."""
        figures: dict[str, tuple[Metric, list[float]]] = {}
        for pid in self._pids:
            for metric in ProcessCollector(pid=lambda pid=pid: pid, registry=None).collect():  # type: ignore[misc]
                figures.setdefault(metric.name, (metric, []))[1].append(metric.samples[0].value)
        for name, (metric, values) in figures.items():
            value = min(values) if name == _STARTED else sum(values)
            if name == _CPU:
                # What workers used that were replaced is used all the same, and a counter must not go back.
                yield CounterMetricFamily(name, metric.documentation, value + self._used_by_ended())
            else:
                yield GaugeMetricFamily(name, metric.documentation, value)

    def _used_by_ended(self) -> float:
        if self._supervisor is None:
            return 0.0
        fields = Path(f"/proc/{self._supervisor}/stat").read_bytes().rpartition(b")")[2].split()
        return sum(map(int, fields[_ENDED])) / os.sysconf("SC_CLK_TCK")


def is_alive(pid: int) -> bool:
    """Whether there is a process of this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's by now
        return False
    return True
