"""One step of one system in a process of its own: ``worker.py SYSTEM ingest`` or ``worker.py SYSTEM serve``.

It runs in the system's own environment, so it needs the standard library only. SYSTEM is a module of this folder with
``ingest(passages, folder)`` and ``open_index(folder)``, which returns what finds the best passages of a question.
"""

import importlib
import json
import re
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

ANSWERED = "answered the first question"


def main() -> None:
    """Do the step."""
    system, step, index, *files = sys.argv[1:]
    module = importlib.import_module(system)
    if step == "ingest":
        module.ingest(read_lines(files[0]), Path(index))
    else:
        serve(module, Path(index), read_lines(files[0]), Path(files[1]))


def serve(module: ModuleType, index: Path, questions: list[dict[str, Any]], replies: Path) -> None:
    """Answer the first question and say so, then all of them, and write down what was found and how long it took."""
    search = module.open_index(index)
    search(questions[0]["question"])
    sys.stdout.write(f"{ANSWERED}\n")
    sys.stdout.flush()
    found, milliseconds = [], []
    for question in questions:
        began = time.perf_counter()
        found.append(search(question["question"]))
        milliseconds.append((time.perf_counter() - began) * 1000)
    written = {"found": found, "milliseconds": milliseconds, "memory_mb": memory()}
    replies.write_text(json.dumps(written), encoding="utf-8")


def memory() -> float:
    """Resident memory of this process, in MB of 2^20 bytes."""
    found = re.search(r"VmRSS:\s*(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    return int(found[1]) / 1024 if found else float("nan")


def read_lines(path: str) -> list[dict[str, Any]]:
    """Read a file of JSON Lines."""
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
