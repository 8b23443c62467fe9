"""Answers that programs and pages of other sites may read too."""

from typing import Any

from flask import Response, current_app, json

FOR_ALL = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
"""Headers that let them."""


def json_for_all(node: Any, status: int = 200, content_type: str = "application/json") -> Response:
    """Return a node as JSON."""
    text = json.dumps(node, ensure_ascii=False)
    return current_app.response_class(text, status, content_type=content_type, headers=FOR_ALL)
