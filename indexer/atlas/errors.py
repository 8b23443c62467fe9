"""What can go wrong with the map.

IndexerError
+-- MapError
    +-- NothingToMap     no artworks to lay out                          exit 3
    +-- LayoutMissing    UMAP is not installed or does not load          exit 2
    +-- LayoutFailed     the process that lays out came to an end        exit 1
    +-- LayoutStopped    somebody asked for it                           exit 130
    +-- MapDamaged       a file of the map that is not one of ours       exit 7
"""

from pathlib import Path

from indexer.errors import IndexerError


class MapError(IndexerError):
    """The map of the collection cannot be made or read."""


class NothingToMap(MapError):
    """The collection holds no artworks."""

    exit_code = 3

    def __init__(self) -> None:
        super().__init__("there are no artworks to make a map of. Run `gallery index` first.")


class LayoutMissing(MapError):
    """What makes the layout is absent, or its installation does not load."""

    exit_code = 2

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"UMAP, which lays the map out, does not load ({reason}). `pip install umap-learn` brings it.")


class LayoutFailed(MapError):
    """The process that lays out has ended without a map; the one before stays."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the map could not be laid out: {reason}. The one before, if there is any, stays as it was.")


class LayoutStopped(MapError):
    """Somebody asked for an end; nothing has been changed."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__("stopped while the map was laid out. It is as it was.")


class MapDamaged(MapError):
    """The map's file cannot be read."""

    exit_code = 7

    def __init__(self, path: Path, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(f"{path}: the map cannot be read ({problem}). `gallery map` makes it anew.")
