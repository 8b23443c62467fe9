"""What can go wrong with suspicious labels.

GalleryError
+-- LabelRefused   not what can be done with a label now     exit 2
"""

from gallery.errors import GalleryError


class LabelRefused(GalleryError):
    """What was asked for cannot be done with this label now."""

    exit_code = 2
