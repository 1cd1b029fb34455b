"""What the packages offer, and what importing them costs."""

import ast
import importlib
import importlib.resources
import importlib.util
import pkgutil
import re
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

import rdhy_qa
import rdhy_qa_api
import rdhy_qa_evals
from rdhy_qa import errors

PACKAGES = (rdhy_qa, rdhy_qa_api, rdhy_qa_evals)
MODULES = sorted(
    module.name
    for package in PACKAGES
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_every_package_says_that_it_is_typed(package) -> None:
    assert importlib.resources.files(package).joinpath("py.typed").is_file()


@pytest.mark.parametrize("name", MODULES)
def test_every_module_imports_and_says_what_it_is_for(name: str) -> None:
    module = importlib.import_module(name)
    if not hasattr(module, "__path__"):
        assert (module.__doc__ or "").strip()
    assert all(hasattr(module, exported) for exported in getattr(module, "__all__", ()))


@pytest.mark.parametrize("name", ["rdhy_qa.contracts", "rdhy_qa.settings", "rdhy_qa.errors", "rdhy_qa.cli.app"])
def test_what_every_command_needs_imports_without_models_and_web(name: str) -> None:
    heavy = {
        "onnxruntime",
        "torch",
        "sentence_transformers",
        "faiss",
        "trafilatura",
        "fastapi",
        "sklearn",
        "sqlalchemy",
    }
    script = f"import sys, {name}; print(*sorted(set(sys.modules) & {heavy!r}))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.split() == []
    assert result.stderr == ""


@pytest.mark.parametrize("name", ["rdhy_qa.cli.ask", "rdhy_qa.cli.loading", "rdhy_qa.engine"])
def test_to_answer_a_question_takes_no_database(name: str) -> None:
    script = f"import sys, {name}; print('sqlalchemy' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout == "False\n"


def test_the_tree_of_errors_is_the_one_drawn() -> None:
    drawn = re.findall(r"(?:^    |[├└]── )(\w+Error)", errors.__doc__ or "", re.MULTILINE)
    defined = {name for name, thing in vars(errors).items() if isinstance(thing, type)}
    assert set(drawn) == defined
    depths = {name: len(getattr(errors, name).__mro__) for name in defined}
    for line in (errors.__doc__ or "").splitlines():
        if match := re.search(r"[├└]── (\w+Error)", line):
            assert depths[match[1]] - depths["RdhyQaError"] == line.index(match[0]) // 4, line


def test_every_error_ends_in_its_next_step() -> None:
    for name, thing in vars(errors).items():
        if isinstance(thing, type):
            error = thing("It is broken.", "Mend it.")
            assert str(error) == "It is broken. Mend it.", name
            assert isinstance(error, errors.RdhyQaError)


def test_the_command_that_is_installed_exists() -> None:
    (command,) = [entry for entry in _scripts() if entry.name == "rdhy-qa"]
    assert callable(command.load())


def _scripts():
    return distribution("rdhy-qa").entry_points.select(group="console_scripts")


def test_no_module_prints_on_import() -> None:
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            spec = importlib.util.find_spec(module.name)
            assert spec is not None
            assert spec.origin is not None
            tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
            assert not any(
                isinstance(node, ast.Expr)
                and isinstance(node.value, ast.Call)
                and ast.unparse(node.value.func) == "print"
                for node in tree.body
            )
