"""What visitors are told of artists, for the templates; read from a file, never from the database."""

from flask import Flask

from gallery.holdings.facts import FactsFile


def init_app(app: Flask) -> None:
    """Give templates `artist_facts(slug)`."""
    file = FactsFile(app.config["GALLERY"].facts_file)
    app.add_template_global(file.of, "artist_facts")
