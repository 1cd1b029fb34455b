"""The vectors of a new generation: taken over where the embedder would read the same, else computed."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from rdhy_qa.index.dense import VECTORS
from rdhy_qa.index.drafting import Drafted
from rdhy_qa.index.generation import SENTENCES, Generation
from rdhy_qa.index.rows import RowWriter, stretches
from rdhy_qa.index.sentence_vectors import SentenceWriter
from rdhy_qa.models.embedder import Embedder

# Passages between two reports of progress: some seconds' work for the packaged model.
_CHUNK = 128


def write_vectors(
    folder: Path,
    drafted: Drafted,
    embedder: Embedder,
    before: Generation | None,
    report: Callable[[int, int], None],
) -> int:
    """Write the vectors of all passages and of their sentences; they go to the disk as they come.

    Args:
        folder: Where the new generation is built.
        drafted: Its passages; those that are embedded are taken out of it.
        embedder: Computes vectors.
        before: A generation that the same embedder made.
        report: Told how many passages are embedded, and how many are to be.

    Returns:
        How many passages were embedded.

    """
    origins = drafted.origins.copy()
    lengths = np.zeros(len(origins), dtype=np.int64)
    known = before.store.rows_with({passage.digest for passage in drafted.new.values()}) if before else {}
    for row, passage in drafted.new.items():
        origins[row] = known.get(passage.digest, -1)
        lengths[row] = len(passage.sentences)
    taken = origins >= 0
    if before:
        lengths[taken] = before.sentences.lengths()[origins[taken]]
    shape = len(origins), embedder.dimension
    with (
        RowWriter(folder / VECTORS, shape, np.float32) as passages,
        SentenceWriter(folder / SENTENCES, lengths, embedder.dimension) as sentences,
    ):
        if before:
            vectors = before.dense.vectors()
            for first, end, origin in stretches(origins):
                if origin >= 0:
                    last = origin + end - first
                    passages.write(first, vectors[origin:last])
                    sentences.write(first, before.sentences.stored(origin, last))
        # Longest first: passages of one length waste least on padding, and the time left is never underrated.
        missing = sorted(np.flatnonzero(~taken).tolist(), key=lambda row: -len(drafted.new[row].text))
        for done in range(0, len(missing), _CHUNK):
            report(done, len(missing))
            rows = missing[done : done + _CHUNK]
            chunk = [drafted.new.pop(row) for row in rows]
            encoded = embedder.encode_passages([one.text for one in chunk], [one.sentences for one in chunk])
            for row, of_passage, of_sentences in zip(rows, *encoded, strict=True):
                passages.write(row, of_passage)
                sentences.write(row, of_sentences)
        report(len(missing), len(missing))
    return len(missing)
