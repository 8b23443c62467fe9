"""How often one may try to sign in, counted in the database so that all processes agree.

After OWASP's "device cookies": browsers that signed in to an account before are counted each for itself, so that
nobody can keep its owner out by guessing, however long. Everybody else shares limits for the account, the address
and the two together. A limit ends after `WINDOW` at the latest, and refused attempts do not prolong it.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

from gallery.db import Database
from gallery.errors import TooManyAttempts
from gallery.models.attempts import Attempt, add_attempt, forget_attempt, forget_attempts_before, nth_newest
from gallery.models.base import now
from gallery.models.users import key_of

WINDOW = timedelta(minutes=15)


class Limit(NamedTuple):
    """At most `most` attempts within `WINDOW` that are alike in these columns."""

    columns: tuple[str, ...]
    most: int


KNOWN_BROWSER = (Limit(("account", "device"), 10),)
STRANGER = (
    Limit(("account", "address", "device"), 5),
    Limit(("address", "device"), 20),
    Limit(("account", "device"), 50),
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who tries: the account they name, the network they come from, and their browser if the account knows it."""

    account: str
    address: str
    device: str | None = None

    @classmethod
    def of(cls, name: str, address: str | None, device: str | None = None) -> "Caller":
        """Return the caller for what was typed and where it came from."""
        return cls(account_mark(name), network(address), device)

    def waits(self) -> tuple[Limit, ...]:
        """Return the limits that apply; a stranger's `device` is None, which is counted like any value."""
        return KNOWN_BROWSER if self.device else STRANGER


def account_mark(name: str) -> str:
    """Return what attempts at an account are counted under, whether it exists or not."""
    return hashlib.sha256(key_of(name).encode(errors="replace")).hexdigest()


def network(address: str | None) -> str:
    """Return the network an address is counted under: itself, or the /64 that one customer of IPv6 has."""
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Network((found, 64), strict=False))
    return str(found)


def enter(database: Database, caller: Caller, limits: tuple[Limit, ...] | None = None) -> int:
    """Count an attempt before it is looked at, and return its id; raise `TooManyAttempts`.

    Limits are those for signing in, or `limits`.

    It is stored first and counted with the others then: of any number made at once, in whatever processes,
    no more than the limit go on.
    """
    moment = now()
    with database.writing() as session:
        forget_attempts_before(session, moment - WINDOW)
        attempt_id = add_attempt(
            session, Attempt(at=moment, account=caller.account, address=caller.address, device=caller.device)
        )
    with database.reading() as session:
        oldest = [
            nth_newest(
                session, limit.most + 1, moment - WINDOW, **{each: getattr(caller, each) for each in limit.columns}
            )
            for limit in limits or caller.waits()
        ]
    until = max((each + WINDOW for each in oldest if each), default=None)
    if until is None:
        return attempt_id
    with database.writing() as session:
        forget_attempt(session, attempt_id)
    raise TooManyAttempts(seconds(until - moment))


def seconds(wait: timedelta) -> int:
    """Return a wait in whole seconds, at least one."""
    return max(1, round(wait / timedelta(seconds=1)))
