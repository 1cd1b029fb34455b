"""Index folders that an attacker made: nothing outside of them is read, and nothing in them is ever unpickled."""

import ast
import hashlib
import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import rdhy_qa
import rdhy_qa_api
from rdhy_qa.errors import GenerationError, NotFoundError
from rdhy_qa.index import activation
from rdhy_qa.index.manifest import DIGEST, FORMAT, MANIFEST
from rdhy_qa.index.sentence_vectors import SentenceVectors

ID = "0123456789ab"
Make = Callable[..., Path]


class Bomb:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self._mark,)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes an index whose one generation has a manifest that is right in form and digest."""

    def index(files: dict[str, dict[str, object]], content: dict[str, bytes]) -> Path:
        folder = tmp_path / "index" / "generations" / ID
        folder.mkdir(parents=True)
        for name, data in content.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        built = {
            "corpus": [],
            "model_name": "m",
            "model_fingerprint": "f",
            "reader": "r",
            "fitted": "f",
            "max_file_mb": 1,
            "package": "0",
            "code": "c",
            "libraries": {},
        }
        manifest = {
            "format": FORMAT,
            "id": ID,
            "created": "2026-01-01T00:00:00Z",
            "corpus_fingerprint": "c",
            "built": built,
            "model": {"name": "m", "fingerprint": "f", "dimension": 2},
            "chunking": {"target_tokens": 1, "max_tokens": 2},
            "skipped": [],
            "files": files,
            "counts": {"documents": 1, "passages": 1, "sentences": 1, "records": 0},
        }
        raw = json.dumps(manifest).encode()
        (folder / MANIFEST).write_bytes(raw)
        (folder / DIGEST).write_text(f"{hashlib.sha256(raw).hexdigest()}  {MANIFEST}\n")
        (tmp_path / "index" / "active").write_text(f"{ID}\n")
        return tmp_path / "index"

    return index


def sum_of(data: bytes) -> dict[str, object]:
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


@pytest.mark.parametrize("name", ["../../../outside.txt", "/etc/hostname", "sentences/../../x", ""])
def test_a_manifest_that_names_a_file_outside_is_refused(make: Make, tmp_path: Path, name: str):
    (tmp_path / "outside.txt").write_bytes(b"outside")
    index = make({name: sum_of(b"outside")}, {})
    with pytest.raises(GenerationError, match="is missing"):
        activation.open_active(index)
    with pytest.raises(GenerationError, match="is missing"):
        activation.verify(index, ID)


@pytest.mark.parametrize(
    "pointer", ["../../etc", "/etc", f"{ID}/../{ID}", "", "\0", "ABCDEFABCDEF", "é" * 12, "../generations", "٠" * 12]
)
def test_a_pointer_that_is_no_id_is_refused(make: Make, pointer: str):
    index = make({}, {})
    (index / "active").write_text(pointer)
    with pytest.raises(GenerationError, match="does not name a generation"):
        activation.open_active(index)
    with pytest.raises(NotFoundError):
        activation.activate(index, pointer)


def test_a_pickle_in_place_of_vectors_is_never_loaded(make: Make, tmp_path: Path):
    mark = tmp_path / "unpickled"
    (tmp_path / "made").mkdir()
    np.save(tmp_path / "made" / "vectors.npy", np.array([Bomb(mark)], dtype=object), allow_pickle=True)
    objects = (tmp_path / "made" / "vectors.npy").read_bytes()
    raw = pickle.dumps(Bomb(mark))
    names = ("sentences/vectors.npy", "sentences/firsts.npy", "dense.faiss", "store.sqlite")
    for number, data in enumerate((objects, raw)):
        content = dict.fromkeys(names, data)
        index = make({name: sum_of(data) for name in names}, content)
        generation = activation.open_active(index)
        with pytest.raises(GenerationError, match="can't be opened"):
            generation.load()
        with pytest.raises(ValueError, match=r"memory-mapped|pickled"):
            SentenceVectors.load(generation.folder / "sentences")
        assert not mark.exists()
        index.rename(tmp_path / f"tried-{number}")
    pickle.loads(raw)
    assert mark.exists(), "the bomb is none"


def test_the_program_has_no_call_that_runs_what_it_reads():
    dangerous = {"pickle", "marshal", "shelve", "dill", "joblib", "jsonpickle", "cPickle"}
    for package in (rdhy_qa, rdhy_qa_api):
        for path in Path(package.__file__).parent.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    assert dangerous.isdisjoint(one.name for one in node.names), path
                if isinstance(node, ast.ImportFrom):
                    assert node.module not in dangerous, path
                if isinstance(node, ast.Call):
                    called = ast.unparse(node.func)
                    assert called not in ("eval", "exec", "os.system", "yaml.unsafe_load", "torch.load"), path
                    assert not any(
                        one.arg in ("allow_pickle", "shell", "trust_remote_code") for one in node.keywords
                    ), path
                    if called == "yaml.load":
                        assert any(one.arg == "Loader" and ast.unparse(one.value) == "_Loader" for one in node.keywords)
