"""Which language a text is in: by its script, or by the small words that only one language uses so often."""

import re
import unicodedata
from functools import cache

import justext  # type: ignore[import-untyped]

_NAMES = {
    "ar": "Arabic", "bg": "Bulgarian", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek",
    "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French",
    "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "it": "Italian",
    "lt": "Lithuanian", "lv": "Latvian", "nb": "Norwegian_Bokmal", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sv": "Swedish", "tr": "Turkish",
    "uk": "Ukrainian", "vi": "Vietnamese",
}  # fmt: skip
_SCRIPTS = {"HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "CJK": "zh", "THAI": "th"}
_WORD = re.compile(r"[^\W\d_]+")
_WORDS = 3_000
_FEWEST = 20
_FEWEST_SMALL = 5
"""Different small words: a name may happen to be one."""
_LEAST_SHARE = 0.15
_LEAD = 1.3
"""Times as many small words as the second language has: close ones differ by this much in a few sentences."""
_MANY_OF_A_SCRIPT = 0.2
"""Of the letters: Japanese is full of Chinese characters, and quotes Latin names."""


def language_of(text: str) -> str | None:
    """The ISO 639 code of a text's language; None where the text is too short or the language unsure."""
    scripted = _by_script(text)
    if scripted:
        return scripted
    words = [word.lower() for word in _WORD.findall(text)[:_WORDS]]
    if len(words) < _FEWEST:
        return None
    shares = sorted(((sum(word in small for word in words) / len(words), code) for code, small in _lists().items()))
    (second, _), (best, code) = shares[-2:]
    sure = best >= _LEAST_SHARE and best >= _LEAD * second and len(_lists()[code].intersection(words)) >= _FEWEST_SMALL
    return code if sure else None


def _by_script(text: str) -> str | None:
    letters = [character for character in text[: 5 * _WORDS] if character.isalpha()]
    if len(letters) < _FEWEST:
        return None
    counts = dict.fromkeys(_SCRIPTS.values(), 0)
    for letter in letters:
        script = _SCRIPTS.get(unicodedata.name(letter, "").split("-")[0].split(" ")[0])
        if script:
            counts[script] += 1
    if counts["ja"] * 10 > counts["zh"]:  # a text in Chinese has no kana at all
        counts["ja"] += counts.pop("zh")
    code, count = max(counts.items(), key=lambda item: item[1])
    return code if count > _MANY_OF_A_SCRIPT * len(letters) else None


@cache
def _lists() -> dict[str, frozenset[str]]:
    """The small words of each language. Many lists were drawn from texts with some English among them."""
    english = justext.get_stoplist("English")
    lists = {code: frozenset(justext.get_stoplist(name)) for code, name in _NAMES.items()}
    return {code: words if code == "en" else words - english for code, words in lists.items()}
