"""Which addresses may be visited: decided from values alone, nothing here resolves or dials."""

import ipaddress
import re
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

import idna

from scraper.errors import Refused

PORTS = {"http": 80, "https": 443}
LONGEST_URL = 2048

NOT_PUBLIC = "not a public address."

# What `is_global` lets through and yet is no public web server: relays and translators that lead back
# into private networks, multicast, and an address by which one cloud's machines reach their host.
_NEVER = [
    ipaddress.ip_network(text)
    for text in (
        *("0.0.0.0/8", "168.63.129.16/32", "192.0.0.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
        *("192.175.48.0/24", "198.18.0.0/15", "224.0.0.0/3"),
        *("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
    )
]
# Every public IPv6 address lies in here; NAT64, site-local, "::127.0.0.1" and the like do not.
_GLOBAL_IPV6 = ipaddress.ip_network("2000::/3")

_PLAIN_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
# Left as they are when a URL is made plain ASCII: escapes, separators and what browsers leave alone.
_KEPT = "%/:=&?~#+!$,;'@()*[]|"


_PICTURE = re.compile(r"\.(jpe?g|png|webp|avif|gif|tiff?|bmp)$", re.IGNORECASE)


def verdict(address: str) -> str | None:
    """Return None when a numeric address is public, else the reason for refusing it."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return NOT_PUBLIC
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return verdict(str(ip.ipv4_mapped))
        if ip.scope_id is not None or ip not in _GLOBAL_IPV6:
            return NOT_PUBLIC
    if not ip.is_global or any(ip in network for network in _NEVER if network.version == ip.version):
        return NOT_PUBLIC
    return None


def checked_url(url: str) -> str:
    """Return `url` in plain form without its fragment, or raise `Refused` when it must not be visited.

    Only http and https on their own ports, no user name or password, no backslash or control
    character, 2,048 characters at most, no literal address that is not public. A host name is put
    into lower-case ASCII; that it leads to a public address is for the guard to see.
    """
    shown = re.sub(r"//[^/@]*@", "//", re.sub(r"[^\x21-\x7e]", "?", url[:200]))
    url = url.strip()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused(shown, "not a web address.") from None
    if parts.scheme not in PORTS or not parts.netloc:
        raise Refused(shown, "only http and https addresses are visited.")
    if len(url) > LONGEST_URL:
        raise Refused(shown, f"longer than {LONGEST_URL:,} characters.")
    if _UNSAFE.search(url.replace(" ", "")) or "@" in parts.netloc:
        raise Refused(shown, "an address with a user name, a backslash or a control character.")
    host = plain_host(parts.hostname or "")
    if host is None:
        raise Refused(shown, "not a valid host name.")
    if _is_literal(host) and verdict(host.strip("[]")) is not None:
        raise Refused(shown, NOT_PUBLIC)
    if port not in (None, PORTS["http"], PORTS["https"]):
        raise Refused(shown, "only ports 80 and 443 are visited.")
    netloc = host if port in (None, PORTS[parts.scheme]) else f"{host}:{port}"
    return urlunsplit((parts.scheme, netloc, quote(parts.path, safe=_KEPT) or "/", quote(parts.query, safe=_KEPT), ""))


def absolute(base: str, link: str) -> str | None:
    """Return a link of a page as a full web address without fragment, None when it is none."""
    try:
        full = urljoin(base, link.strip()).partition("#")[0]
    except ValueError:
        return None
    return full if full.lower().startswith(("http://", "https://")) and len(full) <= LONGEST_URL else None


def is_picture(url: str) -> bool:
    """Say whether the path of an address ends as a picture's file name does."""
    return _PICTURE.search(url.partition("?")[0].partition("!")[0]) is not None


def same_site(one: str, other: str) -> bool:
    """Say whether two addresses are on one host, or one host is a part of the other ("images.example.org")."""
    a, b = ((urlsplit(url).hostname or "").removeprefix("www.") for url in (one, other))
    return bool(a and b) and (a == b or a.endswith("." + b) or b.endswith("." + a))


def _is_literal(host: str) -> bool:
    return host.startswith("[") or all(label.isdigit() for label in host.split("."))


def plain_host(host: str) -> str | None:
    """Return a host name in lower-case ASCII, an IPv6 address in brackets; None when it is neither."""
    host = host.strip("[]").lower().removesuffix(".")
    if ":" in host:
        try:
            return f"[{ipaddress.IPv6Address(host).compressed}]"
        except ValueError:
            return None
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode()
        except idna.IDNAError:
            return None
    return host if len(host) <= 253 and _PLAIN_HOST.fullmatch(host) else None
