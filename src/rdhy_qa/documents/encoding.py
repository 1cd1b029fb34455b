"""Bytes to text: the encoding found, mojibake mended, line ends normalised, binary refused."""

import codecs
import re

from rdhy_qa.errors import DocumentError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MAGIC = (b"PK\x03\x04", b"%PDF-", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"\x7fELF", b"\x1f\x8b", b"\xd0\xcf\x11\xe0")
_SAMPLE = 65_536
_MAX_CONTROL_SHARE = 0.01


def decode(data: bytes) -> str:
    """Text of a file, with a line feed as the only line end.

    Raises:
        DocumentError: when the bytes are not text.

    """
    if data.startswith(_MAGIC):
        raise _binary()
    text = _decode(data)
    if len(_CONTROL.findall(text[:_SAMPLE])) > _MAX_CONTROL_SHARE * min(len(text), _SAMPLE):
        raise _binary()
    return _LINE_ENDS.sub("\n", _mend(text))


def _decode(data: bytes) -> str:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data.decode(encoding, errors="replace")
    wide = _wide_encoding(data)
    if wide:
        return data.decode(wide, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _guess(data)


def _wide_encoding(data: bytes) -> str | None:
    """UTF-16 without a byte order mark shows as zeros at every other byte of Latin text."""
    sample = data[:_SAMPLE]
    if b"\0" not in sample or len(sample) < 4:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) / 2
    if odd > 0.7 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.7 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _guess(data: bytes) -> str:
    # A few stray bytes in a UTF-8 file must not turn all its accents into another code page.
    lenient = data.decode("utf-8", errors="replace")
    accents = sum(1 for character in lenient if character > "\x7f")
    if lenient.count("\ufffd") * 4 < accents:
        return lenient
    if b"\0" in data[:_SAMPLE]:
        raise _binary()
    from charset_normalizer import from_bytes

    # Western text is the likely case, and detection over all code pages is unsure on a few accents.
    high = sum(1 for byte in data if byte > 0x7F)
    if high * 4 > len(data):
        best = from_bytes(data[:_SAMPLE]).best()
        if best is not None:
            return data.decode(best.encoding, errors="replace")
    best = from_bytes(data[:_SAMPLE], cp_isolation=["cp1252", "latin_1"]).best()
    encoding = "cp1252" if best is None or best.encoding in ("cp1252", "latin_1") else best.encoding
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _mend(text: str) -> str:
    if text.isascii():
        return text
    import ftfy
    from ftfy.badness import is_bad

    if not is_bad(text):
        return text
    return ftfy.fix_text(text, unescape_html=False, uncurl_quotes=False, fix_character_width=False, normalization="NFC")


def _binary() -> DocumentError:
    return DocumentError("It is binary data, not text.", "Export it as UTF-8 text, HTML or PDF.")
