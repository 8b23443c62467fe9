"""Versions of a work for the templates: which works, and what they are to it; read from a file, never the database."""

from flask import Flask

from gallery.catalogue import works_by_id
from gallery.duplicates.versions import Versions
from indexer.store.model import Artwork, artwork_id


def init_app(app: Flask) -> None:
    """Give templates `versions_of(work)`: works that are shown, each with a few words."""
    file = Versions(app.config["GALLERY"].versions_file)

    def versions_of(work: Artwork) -> list[tuple[Artwork, str]]:
        told = {artwork_id(version.sha256): version.relation for version in file.of(work.sha256)}
        return [(version, told[version.id]) for version in works_by_id(list(told)).values()] if told else []

    app.add_template_global(versions_of)
