"""Large pieces of memory go back to the system, whichever thread had them."""

import subprocess
import sys

import pytest

# Eight threads that each read a picture of 24 MB and let go of it, and what the process holds afterwards.
HELD = """
import re, sys
from threading import Barrier, Thread
from gallery.memory import hand_back

def read(size):
    barrier.wait()
    for share in (4, 2, 1):
        parts = [b"x" * (size // share) for _ in range(2)]
        small = [bytes(1000) for _ in range(100)]
        del parts
    kept.append(small)

if sys.argv[1] == "yes":
    hand_back()
kept, barrier = [], Barrier(8)
threads = [Thread(target=read, args=[24 * 2**20]) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(re.search(r"RssAnon:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is handed back in another way there")
def test_what_many_threads_have_read_is_not_kept() -> None:
    held = subprocess.run([sys.executable, "-c", HELD, "yes"], capture_output=True, text=True, check=True)
    assert int(held.stdout) < 40_000
