from pathlib import Path

import pytest

from rdhy_qa.documents.document import Document
from rdhy_qa.documents.reading import Skipped, fingerprints, read_paths, read_substitute
from rdhy_qa.documents.substitutes import Substitute

LIMIT = 100_000


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.md").write_text("---\nid: first\n---\nOur digest of it.\n")
    (folder / "b.md").write_text("Another one.\n")
    return folder


@pytest.fixture
def original(tmp_path: Path) -> Path:
    path = tmp_path / "kept.html"
    path.write_text("<html lang='de'><head><title>Its title</title></head><body><p>Its own words.</p></body></html>")
    return path


def test_a_file_is_read_in_the_place_of_another(corpus: Path, original: Path):
    instead = {(corpus / "a.md").resolve(): Substitute(original, {"id": "first", "series": 4})}
    first, second = read_paths([corpus], max_bytes=LIMIT, instead=instead)
    assert isinstance(first, Document)
    assert first.text == "Its own words."
    assert (first.id, first.metadata.series) == ("first", 4)
    assert isinstance(second, Document)
    assert second.text == "Another one."


def test_what_is_known_wins_and_what_is_not_known_comes_from_the_file(original: Path):
    metadata = read_substitute(Substitute(original, {"title": "Ours"}), max_bytes=LIMIT).metadata
    assert (metadata.title, metadata.language) == ("Ours", "de")


def test_a_substitute_that_can_not_be_read_is_skipped_under_its_own_name(corpus: Path, original: Path):
    original.write_bytes(b"")
    instead = {(corpus / "a.md").resolve(): Substitute(original)}
    skipped, document = read_paths([corpus], max_bytes=LIMIT, instead=instead)
    assert isinstance(skipped, Skipped)
    assert skipped.path == original
    assert isinstance(document, Document)


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("Café Müller am Kai.".encode("cp1252"), "cp1252", "Café Müller am Kai."),
        ("<meta charset='utf-8'><p>Новый причал.".encode("koi8-r"), "koi8-r", "Новый причал."),
        (b"\xef\xbb\xbf" + "Новый причал.".encode(), "koi8-r", "Новый причал."),
        ("Новый причал.".encode(), None, "Новый причал."),
    ],
)
def test_the_encoding_that_is_known_wins_but_for_a_byte_order_mark(tmp_path: Path, data, charset, text: str):
    path = tmp_path / "x.html"
    path.write_bytes(data)
    assert read_substitute(Substitute(path, charset=charset), max_bytes=LIMIT).text == text


def test_a_pdf_has_no_encoding():
    assert Substitute(Path("x.pdf"), charset="koi8-r").decoded(b"%PDF\xff") == b"%PDF\xff"


def test_fingerprints_are_those_of_what_is_read(corpus: Path, original: Path):
    ours = (corpus / "a.md").resolve()
    plain = [*fingerprints([corpus], LIMIT).values()]
    seen = [
        [*fingerprints([corpus], LIMIT, {ours: Substitute(original, metadata, charset)}).values()]
        for metadata, charset in (({}, None), ({"series": 4}, None), ({}, "utf-8"))
    ]
    assert [name for name, *_ in seen[0]] == ["a.md", "b.md"]
    assert seen[0][0][1] == original.stat().st_size
    assert len({prints[0][2] for prints in (plain, *seen)}) == 4
    assert {prints[1] for prints in (plain, *seen)} == {plain[1]}
    (corpus / "a.md").write_text("Altered, but not read.")
    assert [*fingerprints([corpus], LIMIT, {ours: Substitute(original)}).values()] == seen[0]
    named_otherwise = original.rename(original.with_suffix(".text"))
    assert [*fingerprints([corpus], LIMIT, {ours: Substitute(named_otherwise)}).values()] != seen[0]
