"""Characters that texts use in several forms, and letters of other alphabets that pass for Latin ones."""

import re

DASHES = "-~\u2013\u2014"
"""Hyphen, tilde, en dash and em dash: what a line names a speaker with."""

BULLETS = "\u2022\u25e6\u25aa\u25ab\u2023\u2043\u00b7\u25cf\u25cb\u25a0\u25a1\u27a2\u27a4\u25ba\u2713\u2714\uf0b7\uf0a7"
"""Bullets, boxes, arrows and ticks; the last two are those of symbol fonts."""

# Cyrillic, Greek, Armenian and Cherokee letters that common typefaces draw like a Latin letter.
_LOOKALIKES = {
    "a": "\u0430\u03b1\u0561",
    "c": "\u0441\u03f2",
    "d": "\u0501",
    "e": "\u0435",
    "h": "\u04bb\u0570",
    "i": "\u0456\u03b9",
    "j": "\u0458\u03f3",
    "k": "\u03ba",
    "l": "\u04cf",
    "n": "\u0578",
    "o": "\u043e\u03bf\u0585",
    "p": "\u0440\u03c1",
    "q": "\u051b\u0566",
    "s": "\u0455",
    "u": "\u03c5\u057d",
    "v": "\u0475\u03bd",
    "w": "\u051d",
    "x": "\u0445",
    "y": "\u0443",
    "A": "\u0410\u0391",
    "B": "\u0412\u0392",
    "C": "\u0421\u03f9\u13df",
    "E": "\u0415\u0395",
    "G": "\u13aa\u13e2",
    "H": "\u041d\u0397\u13bb",
    "I": "\u0406\u04c0\u0399",
    "J": "\u0408",
    "K": "\u041a\u039a",
    "L": "\u13de",
    "M": "\u041c\u039c",
    "N": "\u039d",
    "O": "\u041e\u039f\u0555",
    "P": "\u0420\u03a1",
    "Q": "\u051a",
    "R": "\u13a1",
    "S": "\u0405\u054f",
    "T": "\u0422\u03a4\u13a2",
    "V": "\u0474",
    "W": "\u051c\u13b3",
    "X": "\u0425\u03a7",
    "Y": "\u0423\u04ae\u03a5",
    "Z": "\u0396",
}
_TO_LATIN = {ord(other): letter for letter, others in _LOOKALIKES.items() for other in others}
_WORD = re.compile(r"[^\W\d_]+")
_ASCII_LETTER = re.compile("[A-Za-z]")


def latin(text: str) -> str:
    """The text as it looks: letters of other alphabets that pass for Latin ones are replaced by these."""
    return text if text.isascii() else text.translate(_TO_LATIN)


def is_disguised(text: str) -> bool:
    """Whether a word of a Latin text has letters of another alphabet that pass for Latin ones.

    A word that keeps a letter which looks like no Latin one is a foreign word, and so is one in a foreign text. One of
    such letters alone can pass for a name, and is else more likely a foreign word too.
    """
    seen = latin(text)
    if seen == text or 2 * len(_ASCII_LETTER.findall(text)) < sum(map(str.isalpha, text)):
        return False
    words = ((word[0], seen[word.start() : word.end()]) for word in _WORD.finditer(text))
    return any(
        looks != word and looks.isascii() and (_ASCII_LETTER.search(word) or (len(word) > 1 and word[0].isupper()))
        for word, looks in words
    )
