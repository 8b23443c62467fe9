"""The page of clusters stays light, however many clusters there are and however much is to be said of each work."""

import re
from hashlib import sha256

import pytest
from flask.testing import FlaskClient

from gallery.browse.clusters import ON_A_PAGE
from gallery.clusters.reading import Theme
from gallery.clusters.scope import WHOLE
from gallery.clusters.shelf import Shown
from indexer.store.model import Artwork

MOST = 90_000
"""Bytes of HTML, styles and scripts, not packed."""

CLUSTERS = 50


def work_of(number: int) -> Artwork:
    """Return a work that takes as much telling as most do: in all sizes, with a title of 60 letters."""
    sha = sha256(str(number).encode()).hexdigest()
    title, artist = (
        f"{number:04} " + "The bridge at low tide, seen from the upper garden wall",
        "Bartolomé Esteban Murillo",
    )
    return Artwork(sha, title, artist, "bartolome-esteban-murillo", 4000, 3000, "JPEG", 1e9, 1, placeholder="A" * 240)


def theme_of(number: int) -> Theme:
    face, *others = [work_of(number * 100 + each) for each in range(16)]
    artists = [["bartolome-esteban-murillo", "Bartolomé Esteban Murillo", count] for count in (40, 30, 20, 10, 5)]
    return Theme(
        *(number, WHOLE, 300 - number, f"Seas and harbours at dusk {number}", "In words. " * 30, True, face, face),
        typical=tuple(others[:9]),
        borderline=tuple((work, None) for work in others[9:]),
        outliers=(),
        facts={"artists": artists, "years": [1820, 1890]},
        members=None,
    )


def test_a_page_of_many_clusters_is_light_and_leaves_nothing_out(
    visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    themes = {number: theme_of(number) for number in range(CLUSTERS)}
    monkeypatch.setattr("gallery.browse.clusters.clusters", lambda: Shown(themes, {WHOLE: list(themes.values())}))
    seen: set[str] = set()
    for number in range(1, CLUSTERS // ON_A_PAGE + 1):
        page = visitor.get(f"/clusters?page={number}").text
        files = re.findall(r'<(?:link rel="stylesheet" href|script src)="([^"]+)"', page)
        assert len(files) >= 2
        assert len(page.encode()) + sum(len(visitor.get(each).data) for each in files) < MOST
        strips = re.findall(r'<a href="/artworks/[^"]+" aria-label="[^"]+"[^>]*><img src="([^" ]+/240.webp)"', page)
        assert len(strips) == 10 * ON_A_PAGE
        seen |= {*strips}
    assert len(seen) == 10 * CLUSTERS
