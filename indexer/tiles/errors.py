"""What can go wrong when a picture is cut into pieces.

CuttingFailed        this picture cannot be cut               (503 on the site)
+-- CuttingBusy      too many wait already                    (503 on the site)
"""

from indexer.errors import IndexerError


class CuttingFailed(IndexerError):
    """A picture could not be cut; `sha256` is its own."""

    def __init__(self, sha256: str, reason: str) -> None:
        self.sha256, self.reason = sha256, reason
        super().__init__(f"{sha256}: it cannot be cut into pieces for viewers: {reason}")


class CuttingBusy(CuttingFailed):
    """As many requests as may wait for pieces wait already."""

    def __init__(self, sha256: str, waiting: int) -> None:
        self.waiting = waiting
        super().__init__(sha256, f"{waiting} requests wait for pieces already. Try again in a few seconds.")
