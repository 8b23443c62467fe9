"""What visitors are told of artists, for pages; read from a file, never from the database."""

from collections.abc import Mapping

from flask import Flask, current_app

from gallery.holdings.facts import ArtistFacts, FactsFile

_KEY = "artist_facts"


def init_app(app: Flask) -> None:
    """Keep a hold on the file with the app, and give templates `artist_facts(slug)`."""
    file = FactsFile(app.config["GALLERY"].facts_file)
    app.extensions[_KEY] = file
    app.add_template_global(file.of, "artist_facts")


def facts_of_all() -> Mapping[str, ArtistFacts]:
    """Return what is told of all artists, by slug."""
    file: FactsFile = current_app.extensions[_KEY]
    return file.all()


def countries(facts: ArtistFacts | None) -> tuple[str, ...]:
    """Return the countries that an artist's facts state, none where they state none."""
    stated = facts.nationality if facts else None
    return tuple(dict.fromkeys(each for part in (stated or "").split(",") if (each := part.strip())))
