"""Running a model tells nobody."""

import os
import subprocess
import sys
from pathlib import Path

LOAD = "from rdhy_qa.models.reader import PackagedReader; PackagedReader()"


def test_what_runs_the_models_keeps_no_record_of_it(tmp_path: Path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ORT_")}
    subprocess.run([sys.executable, "-c", LOAD], check=True, env=environment | {"HOME": str(tmp_path)})
    assert list(tmp_path.rglob("*")) == []
