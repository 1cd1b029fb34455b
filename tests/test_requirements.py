"""What a server installs to answer is held to hashes, at the versions that are tested."""

import re
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
REQUIREMENTS = (ROOT / "deploy" / "requirements.txt").read_text(encoding="utf-8")
EXTRAS = {"api", "llm", "postgresql"}
BUILD = {"hatchling", "packaging", "pathspec", "pip", "pluggy", "tomlkit", "trove-classifiers"}
"""What builds the project and installs it."""
LINUX = {"python_version": "3.11", "python_full_version": "3.11.0", "sys_platform": "linux", "platform_system": "Linux"}


def pins(text: str) -> dict[str, str]:
    """Versions by name."""
    return {canonicalize_name(name): version for name, version in re.findall(r"^(\S+)==(\S+)", text, re.MULTILINE)}


def needed(name: str, extras: set[str], seen: set[tuple[str, str]]) -> Iterator[str]:
    """Names of all that a package asks for on a server, by what is installed here."""
    for requirement in map(Requirement, requires(name) or []):
        for extra in ("", *extras):
            asked = (requirement.name, ",".join(sorted(requirement.extras)))
            if asked in seen or (requirement.marker and not requirement.marker.evaluate(LINUX | {"extra": extra})):
                continue
            seen.add(asked)
            yield canonicalize_name(requirement.name)
            yield from needed(requirement.name, requirement.extras, seen)


def test_each_package_has_one_version_and_hashes_and_nothing_else_is_in_the_file():
    entry = r"[\w.-]+==[\w.]+(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n"
    assert re.fullmatch(f"(?:{entry})+", REQUIREMENTS)
    assert len(pins(REQUIREMENTS)) == REQUIREMENTS.count("==")


def test_each_version_is_the_one_that_is_tested():
    tested = pins((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    assert pins(REQUIREMENTS).items() <= tested.items()


def test_all_that_answering_needs_is_there_and_nothing_for_building_an_index():
    found = set(needed("rdhy-qa", EXTRAS, set()))
    assert set(pins(REQUIREMENTS)) == found | BUILD
    assert not {"torch", "sentence-transformers", "onnx"} & set(pins(REQUIREMENTS))


def test_a_server_fetches_nothing_without_a_hash():
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8").split("FROM ")
    guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    block = next(one for one in re.findall(r"^```sh\n(.*?)^```", guide, re.MULTILINE | re.DOTALL) if "useradd" in one)
    for text in (dockerfile[1], block):
        first, second = re.findall(r"pip install (.*)", text)
        assert re.fullmatch(r"--require-hashes --requirement \S*requirements\.txt", first)
        assert second == f"--no-index --no-build-isolation '.[{','.join(sorted(EXTRAS))}]'"
    assert "pip" not in dockerfile[3]
