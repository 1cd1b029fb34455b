from pathlib import Path

import pytest

from rdhy_qa.errors import CatalogueError, NotFoundError
from rdhy_qa.sources.catalogue import load_catalogue

ENTRY = """
[[source]]
id = "{id}"
title = "A post"
address = "https://example.org/{id}"
digest = true
path = "posts/{id}.md"
"""


@pytest.fixture
def load(tmp_path: Path):
    def call(text: str):
        (tmp_path / "sources.toml").write_text(text, encoding="utf-8")
        return load_catalogue(tmp_path)

    return call


def test_the_corpus_has_a_catalogue_that_can_be_read():
    corpus = Path(__file__).parents[2] / "corpus"
    catalogue = load_catalogue(corpus)
    assert {"post-1", "post-4", "sina-2024", "wikipedia-zhang-ruimin"} <= {source.id for source in catalogue.sources}
    assert all((corpus / source.path).is_file() for source in catalogue.sources)
    by_id = {source.id: source for source in catalogue.sources}
    assert by_id["post-4"].stands_for_it
    assert not by_id["wikipedia-zhang-ruimin"].stands_for_it
    assert not by_id["post-1"].to_be_fetched


def test_what_is_not_said_is_careful(load):
    (source,) = load(ENTRY.format(id="a")).sources
    assert (source.prefer, source.fetch, source.to_be_fetched) == ("digest", True, True)


def test_all_that_can_be_said(load):
    head = 'contact = "mailto:ola@example.org"\nallow_hosts = ["wiki.local"]\n'
    catalogue = load(head + ENTRY.format(id="a") + 'prefer = "original"\nfetch = false\nnote = "x"\n')
    assert (catalogue.contact, catalogue.allow_hosts) == ("mailto:ola@example.org", ("wiki.local",))
    assert not catalogue.sources[0].to_be_fetched


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[[source]", "is not valid TOML"),
        ('title = "x"', "title: Extra inputs"),
        (ENTRY.format(id="a") + 'prefer = "orignal"\n', "source 'a': prefer: Input should be 'digest' or 'original'"),
        (ENTRY.format(id="a") + "colour = 1\n", "source 'a': colour: Extra inputs"),
        ('[[source]]\nid = "a"\n', "source 'a': title: Field required"),
        ("[[source]]\n", "source 1: id: Field required"),
        ("source = 3\n", "source: Input should be a valid tuple"),
        (ENTRY.format(id="../x"), r"source '\.\./x': id"),
        (ENTRY.format(id="a").replace("posts/a", "../a"), "source 'a': path: must name a file below"),
        (ENTRY.format(id="a").replace("posts/a", "/etc/a"), "source 'a': path: must name a file below"),
        (ENTRY.format(id="a") + ENTRY.format(id="A"), "the id 'a' is given twice"),
        (ENTRY.format(id="a").replace("https://example.org/a", "") + 'prefer = "original"\n', "needs an address"),
        ('contact = "x\\r\\nEvil: 1"\n', "contact"),
    ],
)
def test_what_is_wrong_is_named_with_its_source(load, text: str, reason: str):
    with pytest.raises(CatalogueError, match=reason) as caught:
        load(text)
    assert "\n" not in str(caught.value)


def test_a_catalogue_that_is_not_there_or_no_text_is_told(tmp_path: Path):
    with pytest.raises(CatalogueError, match=r"can't be opened.*--corpus DIR"):
        load_catalogue(tmp_path)
    (tmp_path / "sources.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(CatalogueError, match="is not valid TOML"):
        load_catalogue(tmp_path)


def test_sources_are_chosen_by_id_in_the_order_of_the_catalogue(load):
    catalogue = load("".join(ENTRY.format(id=one) for one in "abc"))
    assert [source.id for source in catalogue.choose(["c", "a", "c"])] == ["a", "c"]
    with pytest.raises(NotFoundError, match="no source 'x'"):
        catalogue.choose(["a", "x"])
