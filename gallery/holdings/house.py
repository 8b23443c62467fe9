"""Everything a decision about works touches, held together."""

from dataclasses import dataclass
from pathlib import Path

from gallery.db import Database
from gallery.settings import GallerySettings
from indexer.store import ArtworkStore
from scraper.library import Library


@dataclass(frozen=True, slots=True)
class House:
    """Database, collection, library, the folder of thumbnails, and the file of artists' facts."""

    database: Database
    store: ArtworkStore
    library: Library
    thumbnails: Path
    facts: Path

    @classmethod
    def of(cls, settings: GallerySettings, database: Database, store: ArtworkStore) -> "House":
        """Return the house that settings describe."""
        return cls(database, store, Library(settings.library_dir), settings.thumbnails_dir, settings.facts_file)
