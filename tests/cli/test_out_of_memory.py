"""Memory that runs out is said in one line, whatever the library calls it, and the index serves as before."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rdhy_qa.errors import ModelError
from rdhy_qa.index import activation
from rdhy_qa.index.builder import ingest
from rdhy_qa.settings import load_settings

SAID = "error: There is not enough memory. End other programs, or run it where there is more.\n"
MEBIBYTES = 150
"""More than reading the documents takes, and less than the embedder."""
LIMITED = """
import resource, sys
from pathlib import Path
import sentence_transformers, rdhy_qa.index.builder, rdhy_qa.documents.reading
from rdhy_qa.cli.app import run

limit = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + int(sys.argv[1]) * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
sys.exit(run(sys.argv[2:]))
"""


@pytest.mark.parametrize(
    "fault",
    [MemoryError(), MemoryError("std::bad_alloc"), RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes")],
)
def test_it_is_known_by_what_libraries_say(command, engine, monkeypatch: pytest.MonkeyPatch, fault: Exception):
    def fail(_: object) -> None:
        try:
            raise fault
        except Exception as error:
            raise ModelError("The model can't be loaded.", "Take another.") from error

    monkeypatch.setattr(engine, "ask", fail)
    result = command("ask", "Who won?")
    assert (result.code, result.out, result.err) == (1, "", SAID)


def test_an_ingest_that_has_too_little_leaves_what_serves(corpus: Path, tmp_path: Path):
    settings = load_settings(index=tmp_path / "index")
    first = ingest([corpus], settings=settings).generation_id
    (tmp_path / "more.md").write_text("# More\n\nMore to read.\n", encoding="utf-8")
    command = [sys.executable, "-c", LIMITED, str(MEBIBYTES), "ingest", str(corpus), str(tmp_path / "more.md")]
    # A thread more or less must not decide what is left.
    few = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run(
        [*command, "--index", str(settings.index)], capture_output=True, text=True, timeout=120, check=False, env=few
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr.endswith(SAID)
    assert "Traceback" not in done.stderr
    assert activation.active_id(settings.index) == first
    activation.verify(settings.index, first)
    assert not list(settings.index.rglob(".tmp-*"))
