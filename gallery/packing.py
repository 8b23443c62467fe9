"""Pages, stylesheets and scripts packed by gzip for browsers that take it: a fifth of the bytes on a slow line.

A page for somebody with a cookie is sent as it is: its form's secret beside words of the address, packed together,
could be guessed from outside by the length of many answers (BREACH, https://breachattack.com).
"""

import gzip
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Headers
from werkzeug.http import parse_accept_header, parse_options_header

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

KINDS = frozenset(
    ("text/html", "text/css", "text/javascript", "image/svg+xml", "application/json", "application/ld+json")
) | frozenset(("application/atom+xml", "application/xml"))
LEAST_BYTES = 1000
# Higher ones take twice the time for a hundredth of the bytes.
_LEVEL = 5
_SAME_FOR_ALL = "/static/"


class Packed:
    """A site whose answers are packed where that is safe and wanted."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        open_to_all = "HTTP_COOKIE" not in environ or environ.get("PATH_INFO", "").startswith(_SAME_FOR_ALL)
        if not (environ["REQUEST_METHOD"] == "GET" and open_to_all and takes_gzip(environ)):
            return self._app(environ, start_response)
        told: list[tuple[str, list[tuple[str, str]], Any]] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            told.append((status, headers, exc_info))
            if not _is_packed(status, headers):
                return start_response(status, headers, exc_info)
            return _no_writing

        answer = self._app(environ, start)
        if not told or not _is_packed(*told[-1][:2]):
            return answer
        try:
            body = gzip.compress(b"".join(answer), _LEVEL, mtime=0)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        status, headers, exc_info = told[-1]
        start_response(status, _headers_of(headers, body), exc_info)
        return [body]


def takes_gzip(environ: "WSGIEnvironment") -> bool:
    """Tell whether whoever asks can unpack gzip."""
    said = environ.get("HTTP_ACCEPT_ENCODING", "")
    return "gzip" in said and parse_accept_header(said).quality("gzip") > 0


def _is_packed(status: str, headers: list[tuple[str, str]]) -> bool:
    """Tell whether an answer gets smaller by it; one without a length is sent piece by piece, as it is made."""
    known = Headers(headers)
    length = known.get("Content-Length", "")
    return (
        status.startswith("200 ")
        and parse_options_header(known.get("Content-Type"))[0] in KINDS
        and "Content-Encoding" not in known
        and length.isdigit()
        and int(length) >= LEAST_BYTES
    )


def _headers_of(headers: list[tuple[str, str]], body: bytes) -> list[tuple[str, str]]:
    packed = Headers(headers)
    packed["Content-Encoding"], packed["Content-Length"] = "gzip", str(len(body))
    packed.add("Vary", "Accept-Encoding")
    packed.remove("Accept-Ranges")
    tag = packed.get("ETag", "")
    if tag.startswith('"'):
        # The same page in other bytes.
        packed["ETag"] = f"W/{tag}"
    return packed.to_wsgi_list()


def _no_writing(data: bytes) -> None:
    raise NotImplementedError("answers are returned, not written")
