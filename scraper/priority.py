"""How work in the background lets what somebody waits for go first."""

import os
from pathlib import Path

_SESSION = Path("/proc/self/autogroup")


def step_back(by: int) -> None:
    """Lower this process's priority by so many steps of niceness; 0 carries what it has inherited to its session.

    Linux may share out the cores by session before it looks at niceness (sched_autogroup): a process in a session of
    its own would then take as much as the whole site, however nice it is.
    """
    nice = os.nice(by)
    try:
        _SESSION.write_text(str(nice))
    except OSError:
        # Another system, a kernel without it, or a container, whose cores are shared out by other means.
        return
