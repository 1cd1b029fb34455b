"""The widget's script is up to date, small, and served so that any page may load it."""

import base64
import gzip
import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from rdhy_qa_api.widget_files import FOLDER, script

MOST_BYTES = 20_000
TOOLS = ["build.mjs", "package-lock.json"]


def test_the_built_file_is_of_the_sources_that_lie_beside_it():
    digest = hashlib.sha256()
    names = [path.relative_to(FOLDER).as_posix() for path in (FOLDER / "src").rglob("*") if path.is_file()]
    for name in sorted([*names, *TOOLS]):
        digest.update(name.encode() + b"\0" + (FOLDER / name).read_bytes() + b"\0")
    manifest = json.loads((FOLDER / "dist" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["sources"] == digest.hexdigest(), "the widget is stale: npm run build"


def test_the_manifest_is_of_the_built_file():
    found = script()
    assert found.integrity == "sha384-" + base64.b64encode(hashlib.sha384(found.content).digest()).decode()
    assert found.versioned == f"rdhy-chat-{hashlib.sha256(found.content).hexdigest()[:12]}.js"


def test_a_build_gives_the_same_file(tmp_path: Path):
    if shutil.which("node") is None or not (FOLDER / "node_modules").is_dir():
        pytest.skip("the tools of the widget are not installed: npm ci")
    ignored = shutil.ignore_patterns("dist", "node_modules")
    copy = shutil.copytree(FOLDER, tmp_path / "widget", ignore=ignored)
    (copy / "node_modules").symlink_to(FOLDER / "node_modules")
    subprocess.run(["npm", "run", "--silent", "build"], cwd=copy, check=True, capture_output=True, timeout=120)
    for name in ("rdhy-chat.js", "manifest.json"):
        assert (copy / "dist" / name).read_bytes() == (FOLDER / "dist" / name).read_bytes()


def test_the_script_is_small():
    assert len(gzip.compress(script().content, mtime=0)) < MOST_BYTES


def test_any_page_may_load_it(client):
    reply = client.get("/widget/rdhy-chat.js", headers={"Origin": "https://blog.example"})
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/javascript")
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["cross-origin-resource-policy"] == "cross-origin"
    assert reply.content == script().content


def test_the_name_that_stays_is_looked_after_and_the_other_one_is_kept_for_ever(client):
    assert client.get("/widget/rdhy-chat.js").headers["cache-control"] == "public, max-age=3600"
    versioned = client.get(f"/widget/{script().versioned}")
    assert versioned.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert versioned.content == script().content


def test_what_a_browser_has_is_not_sent_again(client):
    tag = client.get("/widget/rdhy-chat.js").headers["etag"]
    again = client.get("/widget/rdhy-chat.js", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["access-control-allow-origin"] == "*"
    assert client.get("/widget/rdhy-chat.js", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "compressed"),
    [
        ("gzip, deflate, br", True),
        ("br;q=1, gzip;q=0.5", True),
        ("GZIP", True),
        ("identity", False),
        ("gzip;q=0", False),
    ],
)
def test_it_is_compressed_for_those_who_take_that(client, accepted, compressed):
    reply = client.get("/widget/rdhy-chat.js", headers={"Accept-Encoding": accepted})
    assert reply.headers.get("content-encoding") == ("gzip" if compressed else None)
    assert reply.headers["vary"] == "Accept-Encoding"
    assert reply.content == script().content


@pytest.mark.parametrize("name", ["rdhy-chat-000000000000.js", "manifest.json", "..%2Fwidget_files.py", "package.json"])
def test_nothing_else_is_served(client, name):
    reply = client.get(f"/widget/{name}")
    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/problem+json"
