"""Clean text: what every reader applies to a piece of text before it becomes a part."""

import unicodedata

# Soft hyphens and marks of zero width would split a word for search; joiners stay, some scripts and emoji need them.
_INVISIBLE = "\u00ad\u200b\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_CONTROL = "".join(chr(code) for code in (*range(9), *range(14, 28), *range(127, 133), *range(134, 160)))
_TABLE = {
    **dict.fromkeys(map(ord, _INVISIBLE + _CONTROL), None),
    **{code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)},
}


def clean(text: str) -> str:
    """One line of NFC text: control and invisible characters removed, ligatures opened, white space collapsed."""
    if not (text.isascii() and text.isprintable()):
        text = text.translate(_TABLE)
    line = " ".join(text.split())
    return line if line.isascii() else unicodedata.normalize("NFC", line)


def count_words(text: str) -> int:
    """Count the white-space separated words that hold a letter or digit."""
    return sum(1 for word in text.split() if any(character.isalnum() for character in word))
