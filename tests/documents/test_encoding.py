import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdhy_qa.documents.encoding import decode
from rdhy_qa.errors import DocumentError

TEXT = "Die Fähre über den Fjord kostet 5 € \u2013 so „günstig“ wie früher.\nZweite Zeile.\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        TEXT.encode("cp1252"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.encode().decode("cp1252").encode(),
    ],
    ids=["utf-8", "bom", "utf-16", "utf-16-be", "no bom le", "no bom be", "utf-32", "cp1252", "crlf", "cr", "mojibake"],
)
def test_text_comes_out_alike_from_every_encoding(data):
    assert decode(data) == TEXT


def test_latin_1_accents_are_read():
    assert decode("Café Zürich, São Paulo, Málaga.".encode("latin-1")) == "Café Zürich, São Paulo, Málaga."


def test_cyrillic_code_pages_are_guessed():
    text = "Паром отходит от северного причала в шесть часов утра и возвращается в девять. " * 5
    assert decode(text.encode("cp1251")) == text


def test_a_stray_byte_does_not_turn_a_utf_8_file_into_another_code_page():
    assert decode(("Zürich, Málaga, Genève " * 4).encode() + b"\xff").startswith("Zürich, Málaga, Genève")


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n" + bytes(range(256)), b"PK\x03\x04rest", bytes(range(256)) * 8])
def test_binary_data_is_refused(data):
    with pytest.raises(DocumentError, match="binary"):
        decode(data)


@given(st.text(alphabet=st.characters(codec="ascii", min_codepoint=32, max_codepoint=126)))
def test_ascii_is_left_as_it_is(text):
    if not text.startswith(("PK", "%PDF-", "GIF8")):
        assert decode(text.encode()) == text
