"""The exported encoder gives questions the vectors that the model gives them, from any thread, and refuses damage."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from rdhy_qa.errors import ModelError
from rdhy_qa.models.embedder import SentenceTransformerEmbedder
from rdhy_qa.models.query_encoder import DESCRIPTION, MODEL, TOKENIZER, Description, QueryEncoder

SENTENCE = "RenDanHeYi joins the goals of employees and users."
QUESTIONS = ["Who won?", SENTENCE, "raízen são paulo", "How many nurses does Buurtzorg have in 2024?", "x", ""]


@pytest.fixture(scope="module")
def encoder(exported: Path) -> QueryEncoder:
    return QueryEncoder.load(exported)


def test_it_says_whose_vectors_it_makes(encoder: QueryEncoder, embedder: SentenceTransformerEmbedder) -> None:
    assert (encoder.name, encoder.dimension) == (embedder.name, embedder.dimension) == ("all-MiniLM-L6-v2", 384)
    assert encoder.fingerprint == embedder.fingerprint


@pytest.mark.parametrize("question", QUESTIONS)
def test_its_vectors_are_the_models(
    encoder: QueryEncoder, embedder: SentenceTransformerEmbedder, question: str
) -> None:
    vector = encoder.encode_query(question)
    assert (vector.shape, vector.dtype) == ((384,), np.float32)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert vector @ embedder.encode_query(question) > 0.98


def test_canonical_vector(encoder: QueryEncoder) -> None:
    assert encoder.encode_query(SENTENCE)[:5] == pytest.approx([-0.071, 0.043, -0.056, -0.076, -0.065], abs=0.02)


def test_what_is_past_the_limit_is_not_read(encoder: QueryEncoder) -> None:
    full = "word " * 254
    assert np.array_equal(encoder.encode_query(full), encoder.encode_query(full + SENTENCE))


def test_a_prompt_goes_before_the_question(encoder: QueryEncoder, exported: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(exported, tmp_path / "with-prompt")
    description = Description.model_validate_json((folder / DESCRIPTION).read_bytes())
    prompted = description.model_copy(update={"prompt": "query: "})
    (folder / DESCRIPTION).write_text(prompted.model_dump_json())
    assert np.array_equal(QueryEncoder.load(folder).encode_query("Who?"), encoder.encode_query("query: Who?"))


def test_eight_threads_get_the_vectors_that_one_gets(encoder: QueryEncoder) -> None:
    alone = [encoder.encode_query(question) for question in QUESTIONS]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(encoder.encode_query, QUESTIONS * 8))
    assert np.array_equal(np.stack(together), np.stack(alone * 8))


@pytest.mark.parametrize("name", [DESCRIPTION, MODEL, TOKENIZER])
@pytest.mark.parametrize("content", [b"", b"{}", None])
def test_a_missing_or_damaged_file_is_refused(exported: Path, tmp_path: Path, name: str, content: bytes | None) -> None:
    folder = shutil.copytree(exported, tmp_path / "damaged")
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    with pytest.raises(ModelError, match=r"holds no query encoder: .*rdhy-qa ingest") as caught:
        QueryEncoder.load(folder)
    assert "\n" not in str(caught.value)


def test_it_needs_neither_torch_nor_transformers(exported: Path) -> None:
    script = (
        "import sys; sys.modules.update(dict.fromkeys(('torch', 'transformers', 'sentence_transformers', 'onnx')));"
        "from pathlib import Path; from rdhy_qa.models.query_encoder import QueryEncoder;"
        f"print(QueryEncoder.load(Path({str(exported)!r})).encode_query('Who?').shape)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("(384,)\n", "")
