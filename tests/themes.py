"""One theme out of all, for tests of what is said of it."""

from gallery.clusters.reading import Theme, all_themes
from gallery.db import Database


def theme_of(database: Database, cluster: int) -> Theme | None:
    """Return a cluster of any scope, None if there is none of this id."""
    return next((theme for theme in all_themes(database, None) if theme.id == cluster), None)
