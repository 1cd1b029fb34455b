"""An ingest that is killed at any moment leaves a whole generation serving."""

import subprocess
import sys
from pathlib import Path


def test_killed_at_ten_random_moments_a_whole_generation_serves() -> None:
    script = Path(__file__).with_name("kill_ingest.py")
    command = [sys.executable, str(script), "--toy", "--runs", "1", "--kills", "10"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "after each of 10 kills" in done.stdout
