"""Addresses to go on to after signing in: of this site only, whatever the form says."""

import re

from flask import request
from werkzeug.urls import iri_to_uri

LONGEST = 2000
# One slash, then neither a slash nor a backslash, which browsers read as one: "//host" is another site. Printable
# ASCII only, for browsers drop tabs and line breaks before they read an address; no backslash anywhere.
_LOCAL = re.compile(r"/(?!/)[!-\[\]-~]*")


def local(address: str | None) -> str | None:
    """Return an address if it is a path of this site, else None."""
    return address if address and len(address) <= LONGEST and _LOCAL.fullmatch(address) else None


def here() -> str | None:
    """Return the address of the current page for coming back to it, None where a form was sent."""
    if request.method not in ("GET", "HEAD"):
        return None
    return local(iri_to_uri(request.script_root + request.full_path).rstrip("?"))
