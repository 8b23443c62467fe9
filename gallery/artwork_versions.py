"""Versions of a work for the templates: which works, and what they are to it; read from a file, never the database."""

from contextlib import suppress

from flask import Flask

from gallery.catalogue import store
from gallery.duplicates.versions import Versions
from indexer.errors import StoreMissing, UnknownArtwork
from indexer.store.model import Artwork, artwork_id


def init_app(app: Flask) -> None:
    """Give templates `versions_of(work)`: works that are shown, each with a few words."""
    file = Versions(app.config["GALLERY"].versions_file)

    def versions_of(work: Artwork) -> list[tuple[Artwork, str]]:
        found = []
        for version in file.of(work.sha256):
            with suppress(UnknownArtwork, StoreMissing):
                found.append((store().get(artwork_id(version.sha256)), version.relation))
        return found

    app.add_template_global(versions_of)
