"""The built desk, widget and demo page; the desk answers every path that nothing else does."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from inbox.api.problems import problem_of_status

_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_NOT_PAGES = ("api/", "hooks/", "chat/", "assets/", "widget/")


def files_in(folder: Path | None) -> dict[str, Path]:
    """Return every built file by its path; what is not in here is not served, however it is spelt."""
    if folder is None or not folder.is_dir():
        return {}
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def router_for(folder: Path | None) -> APIRouter:
    """Return the routes of the built front end."""
    router = APIRouter(include_in_schema=False)
    files = files_in(folder)

    @router.get("/{path:path}")
    @router.head("/{path:path}")
    async def page(path: str) -> Response:
        """Serve a built file, or the desk."""
        name = path + "index.html" if not path or path.endswith("/") else path
        if name in files:
            return _file(files[name], name)
        if path.startswith(_NOT_PAGES) or "index.html" not in files or "." in path.rpartition("/")[2]:
            return problem_of_status(404)
        return _file(files["index.html"], "index.html")

    return router


def _file(path: Path, name: str) -> Response:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    caching = _FOR_EVER if name.startswith("assets/") else _ASK_AGAIN
    headers = {"cache-control": caching}
    if name.startswith(("widget", "assets/")):
        headers["cross-origin-resource-policy"] = "cross-origin"
        headers["access-control-allow-origin"] = "*"  # the widget is a module on other people's pages
    return FileResponse(path, media_type=kind, headers=headers)
