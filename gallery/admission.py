"""How large a body `gallery serve` takes in before the site sees the request.

Waitress reads a whole body first. Uploads are large, so only they may be, and only from a browser that carries a
session we signed; the site then looks at who it is. A picture to search by may come from anybody who was given a form;
one that is larger still is taken in up to twice the limit, so that a page can say so.
"""

import copy
from typing import Any

from flask import Flask
from itsdangerous import BadSignature
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from werkzeug.http import parse_cookie

from gallery.problems import is_open, large_paths


def channel_for(app: Flask) -> type[Any]:
    """Return the class of connections that lets uploads of those who are signed in be larger than other requests."""

    class Parser(HTTPRequestParser):  # type: ignore[misc]
        """Decides by the head of a request how large its body may be."""

        adj: Any

        def parse_header(self, header_plus: bytes) -> None:
            super().parse_header(header_plus)
            most = large_paths(app).get(self.path)
            opened = is_open(app, self.path)
            if self.command == "POST" and most and _has_session(app, self.headers.get("COOKIE", ""), opened):
                self.adj = copy.copy(self.adj)
                self.adj.max_request_body_size = 2 * most if opened else most

    class Channel(HTTPChannel):  # type: ignore[misc]
        """A connection with such a parser."""

        parser_class = Parser

    return Channel


def _has_session(app: Flask, cookies: str, opened: bool) -> bool:
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    value = parse_cookie(cookies).get(app.config["SESSION_COOKIE_NAME"])
    if signer is None or value is None:
        return False
    try:
        said = signer.loads(value, max_age=int(app.permanent_session_lifetime.total_seconds()))
    except BadSignature:
        return False
    return isinstance(said, dict) and ("user" in said or (opened and "csrf_token" in said))
