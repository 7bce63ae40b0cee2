"""Scripts, styles and pictures: read when the process starts, and served from memory under a name that changes with them.

So a browser keeps each for a year and asks for it once, and never sees a page with the style of another release.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

FOLDER = Path(__file__).parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"
_TEXT = ("text/", "application/javascript", "image/svg+xml", "application/manifest+json")


@dataclass(frozen=True)
class _File:
    media_type: str
    content: bytes
    zipped: bytes | None


class StaticFiles:
    """
    Args:
        folder: all that is served.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files: Mapping[str, _File] = {
            path.relative_to(folder).as_posix(): _read(path) for path in sorted(folder.rglob("*")) if path.is_file()
        }
        digest = hashlib.sha256()
        for name, file in self._files.items():
            digest.update(name.encode() + b"\0" + file.content)
        self._version = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """Where a file is served.

        Raises:
            KeyError: there is none of this name: a template is wrong.
        """
        self._files[name]
        return f"/static/{self._version}/{name}"

    def route(self) -> Route:
        return Route("/static/{version}/{name:path}", self._serve)

    async def _serve(self, request: Request) -> Response:
        file = self._files.get(request.path_params["name"])
        if file is None:
            return PlainTextResponse("There is no such file.", status_code=404)
        # one of another release gets what there is now, and asks again
        kept = FOR_EVER if request.path_params["version"] == self._version else "no-cache"
        headers = {"cache-control": kept, "vary": "accept-encoding"}
        if file.zipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(file.zipped, media_type=file.media_type, headers=headers | {"content-encoding": "gzip"})
        return Response(file.content, media_type=file.media_type, headers=headers)


def _read(path: Path) -> _File:
    content = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return _File(media_type, content, gzip.compress(content, mtime=0) if media_type.startswith(_TEXT) else None)
