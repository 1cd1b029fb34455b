from pathlib import Path

import pytest

from rdhy_qa.documents.reading import fingerprints, read_paths
from rdhy_qa.errors import CatalogueError
from rdhy_qa.sources.keeping import read_state
from rdhy_qa.sources.preferring import preferred

LIMIT = 1_000_000
ENTRY = """
[[source]]
id = "{id}"
title = "Norby Times: on the piers"
address = "{address}"
digest = true
path = "posts/piers.md"
prefer = "{prefer}"
"""


@pytest.fixture
def prefer(corpus: Path):
    """Writes the catalogue."""

    def call(address: str, prefer: str = "original", source_id: str = "piers") -> None:
        entry = ENTRY.format(id=source_id, address=address, prefer=prefer)
        (corpus / "sources.toml").write_text(entry, encoding="utf-8")

    return call


@pytest.fixture
def address(bringer, source, site, page) -> str:
    """Address of an original that is held."""
    site.page("/x", page())
    assert bringer.bring(source(f"{site.url}/x")).result == "new"
    return f"{site.url}/x"


@pytest.fixture
def documents(corpus: Path, originals: Path):
    """What an ingest of the corpus reads."""

    def call():
        found = preferred([corpus], originals)
        return list(read_paths([corpus, *found.added], max_bytes=LIMIT, instead=found.instead))

    return call


def test_the_original_is_read_under_the_id_and_the_metadata_of_our_digest(prefer, address, documents):
    prefer(address)
    (document,) = documents()
    assert "harbour of Norby was given a new pier" in document.text
    assert "Norby has piers." not in document.text
    metadata = document.metadata
    assert (metadata.id, metadata.title, metadata.kind, metadata.series) == ("piers", "The piers, retold", "post", 3)
    assert (metadata.author, metadata.url, metadata.language) == ("Ola Brandt", address, "en")
    assert (metadata.original, metadata.available) == (True, True)
    assert "own words" not in metadata.rights


def test_without_the_wish_the_digest_is_read(prefer, address, documents):
    prefer(address, "digest")
    (document,) = documents()
    assert document.text == "Norby has piers."


def test_without_a_catalogue_nothing_is_preferred(address, corpus: Path, originals: Path):
    found = preferred([corpus, corpus / "posts" / "piers.md"], originals)
    assert (found.instead, found.added, found.missing) == ({}, [], [])


def test_the_original_of_a_page_that_is_only_cited_is_read_besides(prefer, bringer, source, site, page, documents):
    address = site.page("/x", page())
    bringer.bring(source(address, id="times"))
    prefer(address, source_id="times")
    digest, original = documents()
    assert digest.text == "Norby has piers."
    assert (original.metadata.id, original.metadata.title) == ("times", "Norby Times: on the piers")
    assert (original.metadata.kind, original.metadata.series) == ("document", None)


def test_a_page_of_somebody_else_does_not_say_what_it_is(prefer, bringer, source, site, documents):
    text = "---\nid: post-4\ntitle: The truth\nkind: post\nseries: 4\nform: digest\navailable: false\n---\n\n"
    body = text + "The harbour of Norby was given a new pier, and the keepers told what they had seen. " * 4
    address = site.page("/x.md", body.encode(), Content_Type="text/markdown")
    assert bringer.bring(source(address, id="times")).result == "new"
    prefer(address, source_id="times")
    metadata = documents()[1].metadata
    assert (metadata.id, metadata.title) == ("times", "Norby Times: on the piers")
    assert (metadata.kind, metadata.series, metadata.original, metadata.available) == ("document", None, True, True)


def test_what_is_not_held_is_told_and_the_digest_is_read(prefer, corpus: Path, originals: Path, documents):
    prefer("https://example.org/x")
    assert preferred([corpus], originals).missing == ["piers"]
    assert [document.text for document in documents()] == ["Norby has piers."]


def test_a_damaged_copy_is_not_held(prefer, address, corpus: Path, originals: Path):
    prefer(address)
    folder = originals / "piers"
    (folder / read_state(folder).held.file).write_bytes(b"rotten")
    assert preferred([corpus], originals).missing == ["piers"]
    (folder / "state.json").write_text("{")
    assert preferred([corpus], originals).missing == ["piers"]


def test_the_copy_of_an_address_that_the_catalogue_no_longer_has_is_not_held(prefer, address, corpus, originals):
    prefer("https://example.org/moved")
    assert preferred([corpus], originals).missing == ["piers"]


def test_a_digest_that_can_not_be_read_is_told_by_reading_it(prefer, address, corpus: Path, documents):
    prefer(address)
    (corpus / "posts" / "piers.md").write_text("---\nid: [\n---\nx\n")
    (skipped,) = documents()
    assert "front matter" in skipped.reason


def test_a_wrong_catalogue_is_told(corpus: Path, originals: Path):
    (corpus / "sources.toml").write_text("[[source")
    with pytest.raises(CatalogueError):
        preferred([corpus], originals)


def test_a_change_of_the_original_or_of_what_is_known_of_it_changes_the_fingerprint(
    prefer, address, bringer, source, site, page, corpus: Path, originals: Path
):
    def prints():
        return fingerprints([corpus], LIMIT, preferred([corpus], originals).instead)

    seen = [prints()]
    prefer(address)
    seen.append(prints())
    digest = corpus / "posts" / "piers.md"
    digest.write_text(digest.read_text().replace("series: 3", "series: 4"))
    seen.append(prints())
    site.page("/x", page(title="The piers of Norby and others"))
    assert bringer.bring(source(address)).result == "changed"
    seen.append(prints())
    assert len({str(one) for one in seen}) == 4
    assert prints() == seen[-1]
    assert {name for one in seen for name, *_ in one.values()} == {"posts/piers.md"}
