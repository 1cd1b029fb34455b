"""SECURITY.md claims nothing without a test, and names no test that is not there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`((?:tests|evals|scripts)/[\w./-]+)`")


def test_what_security_md_names_is_there():
    named = NAMED.findall((ROOT / "SECURITY.md").read_text(encoding="utf-8"))
    assert len(named) > 20
    assert [one for one in named if not (ROOT / one).exists()] == []


def test_every_claim_names_its_test():
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    held_off = text.partition("## What holds them off")[2].partition("## Left open")[0]
    claims = re.split(r"\n(?=- )|\n\n", held_off.strip())
    headings = ("**Readers**", "**Documents**")
    assert [one for one in claims if "`tests/" not in one and one not in headings] == []


def test_every_security_test_is_named():
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    unnamed = [one.name for one in Path(__file__).parent.glob("test_*.py") if f"tests/security/{one.name}" not in text]
    assert unnamed == [Path(__file__).name]
