"""What can go wrong with tag sets on the desk.

GalleryError
+-- TagsRefused     not what a set, a class or a decision can be     exit 2
+-- UnknownTagSet   there is no such set                             exit 3
"""

from gallery.errors import GalleryError


class TagsRefused(GalleryError):
    """Something about a set, a class or a decision that cannot be; `what` names it."""

    exit_code = 2

    def __init__(self, what: str, problem: str) -> None:
        self.what, self.problem = what, problem
        super().__init__(f"{what} {problem}.")


class UnknownTagSet(GalleryError):
    """No set has this number."""

    exit_code = 3

    def __init__(self) -> None:
        super().__init__("There is no such tag set. It may have been removed.")
