"""What works on an index may be killed at any moment: a whole generation serves."""

import os
import re
import subprocess
import sys
from pathlib import Path


def test_killed_at_ten_random_moments_a_whole_generation_serves() -> None:
    script = Path(__file__).with_name("kill_ingest.py")
    command = [sys.executable, str(script), "--toy", "--runs", "1", "--kills", "10"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "after each of 10 kills" in done.stdout


def test_killed_before_each_step_in_the_file_system_a_whole_generation_serves() -> None:
    command = [sys.executable, str(Path(__file__).with_name("kill_at_each_step.py"))]
    # A process that forks should have one thread.
    alone = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=alone)
    assert done.returncode == 0, done.stderr
    works = re.findall(r"^(\w+): a whole generation served after a kill before each of \d+ steps", done.stdout, re.M)
    assert works == ["activate", "prune", "load", "ingest"]
