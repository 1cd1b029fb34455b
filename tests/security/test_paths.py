"""Names and places: what a file may be called, what an id may be, and where nothing is ever read."""

import os
from pathlib import Path

import pytest

from rdhy_qa.documents.document import Document
from rdhy_qa.documents.files import fingerprints, shown, slug
from rdhy_qa.documents.reading import Skipped, read_file, read_paths
from rdhy_qa.errors import DocumentError
from rdhy_qa.index.manifest import SkippedFile

LIMIT = 2**20
SECRET = "The secret of another folder."


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder beside one that is none of its business."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.txt").write_text(SECRET)
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "plain.md").write_text("A plain document.")
    return corpus


def read(folder: Path) -> tuple[dict[str, Document], dict[str, str]]:
    found = list(read_paths([folder], max_bytes=LIMIT))
    documents = {one.id: one for one in found if isinstance(one, Document)}
    return documents, {one.path.name: one.reason for one in found if isinstance(one, Skipped)}


@pytest.mark.parametrize("target", ["../secret/key.txt", "{secret}/key.txt", "/etc/hostname", "/proc/self/environ"])
def test_a_link_that_leads_out_of_the_folder_is_not_followed(corpus: Path, target: str):
    (corpus / "link.txt").symlink_to(target.format(secret=corpus.parent / "secret"))
    documents, skipped = read(corpus)
    assert documents.keys() == {"plain"}
    # What is empty or no file to the system is passed over, as everywhere.
    assert "leads out of" in skipped.get("link.txt", "leads out of")
    assert all(
        digest == "leads out" for name, _, digest in fingerprints([corpus], LIMIT).values() if name == "link.txt"
    )


def test_a_link_out_of_the_folder_is_named_with_what_to_do(corpus: Path):
    (corpus / "link.txt").symlink_to("../secret/key.txt")
    with pytest.raises(DocumentError, match=r"link\.txt: It is a link that leads out of .*Copy the file there"):
        read_file(corpus / "link.txt", root=corpus, max_bytes=LIMIT)


def test_links_inside_of_the_folder_are_read_once(corpus: Path):
    (corpus / "a-link.md").symlink_to("plain.md")
    documents, skipped = read(corpus)
    assert [document.text for document in documents.values()] == ["A plain document."]
    assert not skipped


def test_a_linked_folder_is_not_entered(corpus: Path):
    (corpus / "folder").symlink_to("../secret")
    assert read(corpus)[0].keys() == {"plain"}


def test_pipes_and_devices_are_passed_over(corpus: Path):
    os.mkfifo(corpus / "pipe.txt")
    (corpus / "zero.txt").symlink_to("/dev/zero")
    assert read(corpus)[0].keys() == {"plain"}


@pytest.mark.parametrize(
    "bad",
    [
        "../up",
        "/etc/passwd",
        "a/b",
        "a\\\\b",
        "a\\0b",
        "a\\nb",
        ".hidden",
        "-x",
        "",
        "a b",
        "p\u043est",
        "x" * 201,
        "%2e",
    ],
)
def test_an_id_that_is_more_than_a_name_is_refused(corpus: Path, bad: str):
    (corpus / "bad.md").write_text(f'---\nid: "{bad}"\n---\nText.', encoding="utf-8")
    documents, skipped = read(corpus)
    assert documents.keys() == {"plain"}
    assert "'id' of its front matter" in skipped["bad.md"]
    assert skipped["bad.md"].isprintable()


def test_ids_made_of_file_names_are_short_and_plain(corpus: Path):
    names = [
        "x" * 240,
        "..",
        "a\nb",
        "\x1b[31mred\x1b[0m",
        "\u202egnp",
        "%2e%2e%2f",
        "\u041d\u0430ier",
        "CON",
        "a" * 150,
    ]
    ids = [slug(corpus / f"{name}.txt", corpus) for name in names]
    assert len(set(ids)) == len(ids)
    assert all(one.isascii() and one.replace("-", "").isalnum() and len(one) <= 120 for one in ids)


@pytest.mark.parametrize("name", [b"\xff\xfe.txt", b"a\nb.txt", b"\x1b[2Jred.txt", b"\xe2\x80\xaegnp.txt", b"\x07.pdf"])
def test_a_file_of_any_name_is_read_or_skipped_with_a_name_that_can_be_shown(corpus: Path, name: bytes):
    (corpus / os.fsdecode(name)).write_text("Text of an odd file.")
    documents, skipped = read(corpus)
    assert len(documents) + len(skipped) == 2
    for document in documents.values():
        assert document.metadata.title.isprintable()
        assert document.metadata.title.encode()
    for shown_name, reason in skipped.items():
        assert (shown_name + reason).isprintable()
        assert SkippedFile(path=shown_name, reason=reason).model_dump_json()
    assert all(one.isprintable() for one, _, _ in fingerprints([corpus], LIMIT).values())


def test_a_path_is_shown_as_it_is_where_it_can_be():
    assert shown(Path("corpus/posts/Café 海尔.md")) == "corpus/posts/Café 海尔.md"


def test_an_id_that_a_file_took_can_not_be_taken_again(corpus: Path):
    (corpus / "zz.md").write_text("---\nid: plain\n---\nA false document.")
    documents, skipped = read(corpus)
    assert documents["plain"].text == "A plain document."
    assert f"already that of {corpus}/plain.md" in skipped["zz.md"]


def test_an_address_that_is_none_is_not_kept(corpus: Path):
    for number, address in enumerate(
        ("javascript:alert(1)", "https://a.example/\\r\\nX: y", "file:///etc", "http:// a")
    ):
        (corpus / f"{number}.md").write_text(f'---\nid: a{number}\nsource_url: "{address}"\n---\nText.')
    documents, _ = read(corpus)
    assert len(documents) == 5
    assert all(document.metadata.url is None for document in documents.values())
