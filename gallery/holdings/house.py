"""Everything a decision about works touches, held together."""

from dataclasses import dataclass
from pathlib import Path

from gallery.db import Database
from gallery.settings import GallerySettings
from indexer.atlas.keeping import MapHome
from indexer.store import ArtworkStore
from scraper.library import Library


@dataclass(frozen=True, slots=True)
class House:
    """Database, collection, library, thumbnails, artists' facts, what was exported, the map, and models of tags."""

    database: Database
    store: ArtworkStore
    library: Library
    thumbnails: Path
    facts: Path
    exports: tuple[Path, ...]
    map: MapHome
    models: Path

    @property
    def prints(self) -> Path:
        """Folder of what is kept of pictures to find their like."""
        return self.thumbnails.with_name("duplicates")

    @property
    def bundles(self) -> Path:
        """Folder of the data sets made on the desk."""
        return self.thumbnails.with_name("exports")

    @property
    def held_pictures(self) -> Path:
        """Folder of the pictures of works that are held for review."""
        return self.thumbnails.with_name("held")

    @classmethod
    def of(cls, settings: GallerySettings, database: Database, store: ArtworkStore) -> "House":
        """Return the house that settings describe."""
        # As the job that exports names them (gallery.jobs.projecting), which indexing need not import.
        exports = (settings.derived_dir / "projector", settings.derived_dir / "projector.zip")
        library = Library(settings.library_dir)
        map_home = MapHome(settings.map_dir, settings.thumbnails_dir)
        thumbnails, facts = settings.thumbnails_dir, settings.facts_file
        return cls(database, store, library, thumbnails, facts, exports, map_home, settings.models_dir)
