"""Imports run one way: the table below is the architecture."""

import ast
from pathlib import Path

import rdhy_qa
import rdhy_qa_api
import rdhy_qa_evals

LIBRARY = Path(rdhy_qa.__file__).parent

FOUNDATION = {"errors", "settings", "terms"}
# What each part of the library may import from the others, besides the foundation.
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "settings": set(),
    "terms": set(),
    "contracts": set(),
    "documents": set(),
    "models": set(),
    "sources": {"documents"},
    "index": {"documents", "models", "contracts", "sources"},
    "retrieval": {"index", "models", "contracts"},
    "answering": {"documents", "models", "contracts"},
    "events": {"contracts", "documents"},
    "llm": {"answering", "contracts", "documents", "events"},
    "engine": {"answering", "events", "llm", "retrieval", "index", "models", "documents", "contracts"},
    "journal": {"contracts"},
    "cli": {"engine", "events", "llm", "journal", "sources", "index", "models", "documents", "contracts"},
    "__init__": set(),
    "__main__": {"cli"},
}


def imports_of(path: Path) -> set[str]:
    """Dotted names of all modules that a file imports, wherever the import stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def parts_of(imported: set[str]) -> set[str]:
    """Parts of the library among imported names."""
    return {name.split(".")[1] for name in imported if name.startswith("rdhy_qa.")}


def test_each_part_of_the_library_imports_only_what_the_table_allows():
    wrong = []
    for path in sorted(LIBRARY.rglob("*.py")):
        part = path.relative_to(LIBRARY).parts[0].removesuffix(".py")
        beyond = parts_of(imports_of(path)) - ALLOWED[part] - FOUNDATION - {part}
        wrong += [f"{path.relative_to(LIBRARY)} imports {name}" for name in sorted(beyond)]
    assert not wrong


def test_library_reaches_api_and_evals_only_inside_commands():
    for path in LIBRARY.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        top = {name for node in tree.body for name in _names(node)}
        assert not any(name.startswith(("rdhy_qa_api", "rdhy_qa_evals")) for name in top), path
        if path.relative_to(LIBRARY).parts[0] != "cli":
            assert not any(n.startswith(("rdhy_qa_api", "rdhy_qa_evals")) for n in imports_of(path)), path


def _names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    return {node.module} if isinstance(node, ast.ImportFrom) and node.module else set()


def test_api_and_evals_do_not_know_each_other():
    for package, other in ((rdhy_qa_api, "rdhy_qa_evals"), (rdhy_qa_evals, "rdhy_qa_api")):
        for path in Path(package.__file__).parent.rglob("*.py"):
            assert not any(name.split(".")[0] == other for name in imports_of(path)), path


def test_no_module_is_longer_than_600_lines():
    for package in (rdhy_qa, rdhy_qa_api, rdhy_qa_evals):
        for path in Path(package.__file__).parent.rglob("*.py"):
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 600, path
