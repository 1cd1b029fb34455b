"""The chat widget's script, under a name that stays and under one that changes with every change of the script."""

import gzip
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

import fastapi
from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from rdhy_qa_api import examples
from rdhy_qa_api.problems import describe

FOLDER = Path(__file__).parent / "widget"

_HOUR = "public, max-age=3600"
_FOR_EVER = "public, max-age=31536000, immutable"
_MEDIA_TYPE = "text/javascript"
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))")

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Script:
    """The built script, as it lies in the package."""

    name: str
    versioned: str
    """The name under which it may be kept for ever."""
    integrity: str
    """What a page writes beside the versioned name, so that the browser takes nothing else for it."""
    content: bytes
    compressed: bytes


@cache
def script() -> Script:
    """Read the script and its manifest, once."""
    manifest = json.loads((FOLDER / "dist" / "manifest.json").read_text(encoding="utf-8"))
    content = (FOLDER / "dist" / manifest["file"]).read_bytes()
    compressed = gzip.compress(content, mtime=0)
    return Script(manifest["file"], manifest["versioned"], manifest["integrity"], content, compressed)


@router.get(
    "/widget/{file}",
    tags=["widget"],
    summary="Load the chat widget",
    response_class=Response,
    responses=examples.ok("customElements.define(…", _MEDIA_TYPE)
    | {304: {"description": "Not Modified"}}
    | describe(404),
)
async def widget_file(
    request: Request,
    file: Annotated[str, fastapi.Path(description="Name of the script.", examples=["rdhy-chat.js"])],
) -> Response:
    """Return the script. Any page may load it; which pages may use the service is another question."""
    found = script()
    if file not in (found.name, found.versioned):
        raise HTTPException(404, f"There is no such file. The widget is at /widget/{found.name}.")
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": _FOR_EVER if file == found.versioned else _HOUR,
        # Weak, since the compressed script has the same.
        "ETag": f'W/"{found.versioned}"',
        "Vary": "Accept-Encoding",
    }
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if not _takes_gzip(request.headers.get("accept-encoding", "")):
        return Response(found.content, headers=headers, media_type=_MEDIA_TYPE)
    return Response(found.compressed, headers=headers | {"Content-Encoding": "gzip"}, media_type=_MEDIA_TYPE)


def _takes_gzip(accepted: str) -> bool:
    return _GZIP.search(accepted.lower()) is not None
