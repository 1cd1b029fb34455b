"""The vectors of a new generation: taken over where the embedder would read the same, else computed."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from rdhy_qa.index.dense import VECTORS
from rdhy_qa.index.drafting import Drafted, NewPassage
from rdhy_qa.index.embedded import Embedded
from rdhy_qa.index.generation import SENTENCES, Generation
from rdhy_qa.index.rows import RowWriter, stretches
from rdhy_qa.index.sentence_vectors import SentenceWriter
from rdhy_qa.models.embedder import Embedder

# Passages between two reports of progress, and all that a kill costs: some seconds' work for the packaged model.
_CHUNK = 128


def embed(
    passages: Iterable[NewPassage], embedder: Embedder, embedded: Embedded, report: Callable[[int, int], None]
) -> set[str]:
    """Compute the vectors that are not there yet; they go to the disk chunk by chunk.

    Args:
        passages: What must have vectors in the end; those with the same digest have the same ones.
        embedder: Computes vectors.
        embedded: Vectors that are there, and where those that are computed go.
        report: Told how many passages are embedded, and how many are to be.

    Returns:
        The digests of what was computed.

    """
    lacking = {passage.digest: passage for passage in passages if passage.digest not in embedded}
    # Longest first: passages of one length waste least on padding, and the time left is never underrated.
    ordered = sorted(lacking.values(), key=lambda passage: -len(passage.text))
    for done in range(0, len(ordered), _CHUNK):
        report(done, len(ordered))
        chunk = ordered[done : done + _CHUNK]
        encoded = embedder.encode_passages([one.text for one in chunk], [one.sentences for one in chunk])
        embedded.append([one.digest for one in chunk], *encoded)
    report(len(ordered), len(ordered))
    return set(lacking)


def write_vectors(
    folder: Path,
    drafted: Drafted,
    embedded: Embedded,
    before: Generation | None,
    known: dict[str, int],
) -> None:
    """Write the vectors of all passages and of their sentences, without having them all in memory.

    Args:
        folder: Where the new generation is built.
        drafted: Its passages; the new ones are taken out of it.
        embedded: Vectors of those that are not in the generation before.
        before: A generation that the same embedder made.
        known: Rows in it of new passages that it has as well, by their digests.

    """
    origins = drafted.origins.copy()
    lengths = np.zeros(len(origins), dtype=np.int64)
    for row, passage in drafted.new.items():
        origins[row] = known.get(passage.digest, -1)
        lengths[row] = len(passage.sentences)
    taken = origins >= 0
    if before:
        lengths[taken] = before.sentences.lengths()[origins[taken]]
    with (
        RowWriter(folder / VECTORS, (len(origins), embedded.dimension), np.float32) as passages,
        SentenceWriter(folder / SENTENCES, lengths, embedded.dimension) as sentences,
    ):
        if before:
            vectors = before.dense.vectors()
            for first, end, origin in stretches(origins):
                if origin >= 0:
                    last = origin + end - first
                    passages.write(first, vectors[origin:last])
                    sentences.write(first, before.sentences.stored(origin, last))
        for row in np.flatnonzero(~taken).tolist():
            of_passage, of_sentences = embedded.read(drafted.new[row].digest)
            passages.write(row, of_passage)
            sentences.write(row, of_sentences)
    drafted.new.clear()
