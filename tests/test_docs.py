"""What the documentation says is what the program does: settings, commands, endpoints, errors, links and targets."""

import importlib.util
import inspect
import re
import shlex
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from prometheus_client.parser import text_string_to_metric_families

from rdhy_qa import errors
from rdhy_qa.cli.app import app
from rdhy_qa.contracts import Answer
from rdhy_qa.errors import RdhyQaError, UsageError
from rdhy_qa.index.manifest import Manifest, ModelIdentity
from rdhy_qa.settings import Settings
from rdhy_qa_api.app import create_app
from rdhy_qa_api.operations.logs import FIELDS
from rdhy_qa_api.operations.metrics import Metrics
from rdhy_qa_api.problems import status_of

ROOT = Path(__file__).parents[1]
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "corpus/**/*.md", "evals/**/*.md", "benchmarks/**/*.md", "index/README.md")
    for path in ROOT.glob(pattern)
)
GUIDES = [path for path in PAGES if "corpus" not in path.parts or path.name == "README.md"]

page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
guide = pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.relative_to(ROOT).as_posix())


def section(heading: str) -> str:
    """Text of a section of the reference, up to the next heading of its level."""
    return re.split(r"^## ", REFERENCE.split(f"\n## {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """Cells of the table rows whose first cell is code."""
    return [
        [cell.strip().strip("`") for cell in line.strip("|").split(" | ")]
        for line in text.splitlines()
        if line.startswith("| `")
    ]


def commands() -> dict[tuple[str, ...], set[str]]:
    """All commands, with their long options."""

    def walk(command: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], set[str]]]:
        yield (
            path,
            {
                name
                for parameter in command.params
                for name in (*parameter.opts, *parameter.secondary_opts)
                if name.startswith("--")
            },
        )
        for name, inner in getattr(command, "commands", {}).items():
            yield from walk(inner, (*path, name))

    return dict(walk(typer.main.get_command(app), ()))


def code(path: Path) -> str:
    """All code of a page: its blocks, with continued lines joined, and its spans, one a line."""
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"^```.*?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    return "\n".join([*(block.replace("\\\n", " ") for block in blocks), *spans])


def invocations(path: Path) -> Iterator[list[str]]:
    """Words after ``rdhy-qa`` wherever the page's code calls it."""
    for line in code(path).splitlines():
        called = re.match(r"(?:\$ )?(?:\.venv/bin/)?rdhy-qa (.*)", line)
        if called:
            yield shlex.split(re.split(r" [|>#&]| …", called[1])[0], comments=True)


def test_the_settings_are_all_there_with_default_and_meaning():
    documented = {name: (default, meaning) for name, default, meaning in rows(section("Settings"))}
    assert documented == {
        f"RDHY_QA_{name.upper()}": (str(field.default), field.description)
        for name, field in Settings.model_fields.items()
    }


def test_the_commands_are_all_there_with_their_options():
    documented = {}
    for part in section("Commands").split("\n### `rdhy-qa")[1:]:
        heading, body = part.split("`\n", 1)
        path = tuple(word for word in heading.split() if word.islower())
        documented[path] = {row[0].split()[0] for row in rows(body)}
    assert documented == commands()


def test_the_endpoints_are_all_there():
    documented = {row[0] for row in rows(section("HTTP"))}
    paths = create_app().openapi()["paths"]
    assert documented == {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}


def test_the_fields_of_requests_and_answers_are_all_there():
    schemas = create_app().openapi()["components"]["schemas"]
    assert [row[0] for row in rows(section("The answer"))] == list(schemas["Answer"]["properties"])
    for name in schemas["Citation"]["properties"]:
        assert f"`{name}`" in section("The answer")
    for request in ("AskRequest", "SearchRequest"):
        for name in schemas[request]["properties"]:
            assert f"`{name}`" in section("HTTP")


def test_the_figures_are_all_there_with_their_labels():
    metrics = Metrics()
    metrics.request("GET", "/healthz", 200, 0.1)
    metrics.answered(
        Answer(question="?", answered=True, short_answer=None, answer="", confidence=1, generation=""), "http"
    )
    manifest = Manifest.model_construct(
        id="0", created=datetime.now(UTC), model=ModelIdentity(name="", fingerprint="", dimension=1)
    )
    text = metrics.text(manifest).decode()
    known = {name: set() for name in re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE)}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            name = next(one for one in known if sample.name in {one, f"{one}_bucket", f"{one}_sum", f"{one}_count"})
            known[name] |= sample.labels.keys() - {"le"}
    documented = {row[0]: set(re.findall(r"\w+", row[1])) for row in rows(section("Figures"))}
    assert documented == known


def test_the_fields_of_the_log_are_all_there():
    assert [row[0] for row in rows(section("The log"))] == list(FIELDS)


@guide
def test_settings_that_a_page_names_exist(path: Path):
    named = set(re.findall(r"RDHY_QA_[A-Z_]*[A-Z]", path.read_text(encoding="utf-8")))
    assert named <= {f"RDHY_QA_{name.upper()}" for name in Settings.model_fields} | {"RDHY_QA_LLM"}


def test_the_errors_are_all_there_with_exit_code_and_status():
    documented = {name: (int(code), int(status)) for name, _, code, status in rows(section("Errors"))}
    classes = {name: error for name, error in inspect.getmembers(errors, inspect.isclass) if error is not Exception}
    assert documented == {
        name: (2 if issubclass(error, UsageError) else 1, status_of(error("", ""))) for name, error in classes.items()
    }
    assert all(issubclass(error, RdhyQaError) for error in classes.values())
    assert all(name in errors.__doc__ for name in classes)


@guide
def test_commands_that_a_page_shows_exist(path: Path):
    known = commands()
    for words in invocations(path):
        command: tuple[str, ...] = ()
        while words and (*command, words[0]) in known:
            command = (*command, words.pop(0))
        options = {word.split("=")[0] for word in words if word.startswith("--")}
        assert command or words[0].startswith("-") or words[0].isupper(), words
        assert options <= known[command] | {"--help", "--debug"}, (command, options)


@guide
def test_modules_that_a_page_runs_exist(path: Path):
    for module in re.findall(r"python -m (rdhy_qa[\w.]*)", code(path)):
        assert importlib.util.find_spec(module), module


@guide
def test_make_targets_that_a_page_names_exist(path: Path):
    targets = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"setup", "demo", "test", "serve", "bench", "check"} <= targets
    assert set(re.findall(r"^(?:\$ )?make ([a-z]+)", code(path), re.MULTILINE)) <= targets


@page
def test_links_within_the_project_lead_somewhere(path: Path):
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.*)", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}, link


@guide
def test_tests_that_a_page_names_are_there(path: Path):
    named = re.findall(r"`((?:tests|scripts)/[\w./-]+)`", path.read_text(encoding="utf-8"))
    assert [one for one in named if not (ROOT / one).exists()] == []


def test_the_readme_opens_with_the_two_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    first = re.search(r"^```.*?\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert [line.split("#")[0].strip() for line in first[1].splitlines()] == ["make demo", "make test"]
    assert len(readme[: first.start()].splitlines()) < 15


def test_the_constraints_pin_what_the_project_names():
    pins = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, version = line.split("==")
            pins[canonicalize_name(name)] = version
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    named = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(one for extra in project["project"]["optional-dependencies"].values() for one in extra),
        *(one for group in project["dependency-groups"].values() for one in group),
    ]
    for requirement in map(Requirement, named):
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement
