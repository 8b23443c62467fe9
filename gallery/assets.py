"""Addresses of the stylesheet and other static files, with their content's hash so that caches may keep them."""

import hashlib
from pathlib import Path

from flask import Flask, Response, request, url_for

from gallery.security import ONE_YEAR

STATIC = Path(__file__).parents[1] / "static"
TEMPLATES = Path(__file__).parents[1] / "templates"

IMMUTABLE = f"public, max-age={ONE_YEAR}, immutable"


def init_app(app: Flask) -> None:
    """Give templates `asset(name)` and let answers to such addresses be kept for a year."""
    marks = {path.relative_to(STATIC).as_posix(): _mark(path) for path in STATIC.rglob("*") if path.is_file()}

    def asset(name: str) -> str:
        return url_for("static", filename=name, v=marks[name])

    app.add_template_global(asset, "asset")

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code in (200, 304):
            current = request.args.get("v") == marks.get((request.view_args or {}).get("filename", ""))
            response.headers["Cache-Control"] = IMMUTABLE if current else "no-cache"
        return response


def _mark(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
