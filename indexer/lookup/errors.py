"""What can go wrong when a picture is looked up, beside the picture.

LookupFailed         nothing can be found by a picture now    (503 on the site)
+-- LookupBusy       too many wait already                    (503 on the site)
"""

from indexer.errors import IndexerError


class LookupFailed(IndexerError):
    """A picture of a visitor cannot be looked up, for a reason that is not the picture's."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"no work can be found by a picture: {reason}")


class LookupBusy(LookupFailed):
    """As many pictures as may wait their turn wait already."""

    def __init__(self, waiting: int) -> None:
        self.waiting = waiting
        super().__init__(f"{waiting} pictures are being looked at already. Try again in a few seconds.")
