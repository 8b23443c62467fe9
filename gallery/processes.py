"""Processes by name, as rows keep them: whether the one that wrote a row still lives."""

import os
import socket
from datetime import UTC, datetime

_BEGAN = datetime.now(UTC)


def this_process() -> str:
    """Return the name of this process: its machine and its number."""
    return f"{socket.gethostname()[:80]}:{os.getpid()}"


def lives(pid: int) -> bool:
    """Tell whether a process of this machine has this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def has_ended(name: str | None, began: datetime) -> bool:
    """Tell whether the process that began something is known to have ended; of other machines nothing is known.

    In a container the next process often has the number of the last: it did not begin what is older than itself.
    """
    host, _, pid = (name or "").rpartition(":")
    if host != socket.gethostname()[:80] or not pid.isdigit():
        return False
    return began < _BEGAN if int(pid) == os.getpid() else not lives(int(pid))
