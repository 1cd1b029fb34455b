"""How much of one file is read: several times what a long book has, and far less than would exhaust a machine.

Reading takes up to 600 bytes of memory and 50 microseconds for each byte of a file that is made to be slow. Whoever
answers from a document holds all of its blocks and sentences. What a document declares of itself goes into each of its
passages, so that a long title would be multiplied.
"""

from rdhy_qa.errors import DocumentError

MAX_TEXT_BYTES = 8 * 2**20
MAX_BLOCKS = 100_000
MAX_SENTENCES = 200_000
MAX_TITLE = 300
MAX_HEADING = 300
MAX_FIELD = 1_000
"""Characters of an author, a note on rights and the like."""


def beyond(what: str) -> DocumentError:
    """What is said of a file that has more of something."""
    return DocumentError(f"It has more than {what}.", "Split it.")
