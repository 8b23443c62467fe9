"""Clusters as pages show them: cards from SQL with what curators said; no vector is touched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gallery.db import Database
from gallery.models.clusters import ClusterCard, ClusterNote, card_of, cards, notes
from indexer.store.model import Artwork


@dataclass(frozen=True, slots=True)
class Theme:
    """A cluster with its name, its medoid or chosen cover, and what is told of it.

    `size` counts works; `facts` are as `gallery.clusters.publishing` makes them.
    """

    id: int
    size: int
    name: str | None
    description: str | None
    theme: bool
    cover: str | None
    medoid: Artwork
    typical: tuple[Artwork, ...]
    borderline: tuple[tuple[Artwork, int | None], ...]
    outliers: tuple[Artwork, ...]
    facts: Mapping[str, Any]

    @property
    def title(self) -> str:
        """Its name, or its number while it has none."""
        return self.name or f"Cluster {self.id}"

    @property
    def face(self) -> Artwork:
        """The work that stands for it: the curators' choice if it is among those shown, else the medoid."""
        return next((work for work in self.typical if work.id == self.cover), self.medoid)


def all_themes(database: Database) -> list[Theme]:
    """Return all clusters: those with a name first, the largest first."""
    with database.reading() as session:
        said = notes(session)
        found = [_theme(card, said.get(card.cluster)) for card in cards(session)]
    return sorted(found, key=lambda theme: theme.name is None)


def theme_of(database: Database, cluster: int) -> Theme | None:
    """Return one cluster, None if there is none of this id."""
    with database.reading() as session:
        card = card_of(session, cluster)
        return _theme(card, notes(session).get(cluster)) if card else None


def titles(database: Database) -> dict[int, str]:
    """Return what each cluster is called."""
    with database.reading() as session:
        said = notes(session)
        return {card.cluster: _title(card.cluster, said.get(card.cluster)) for card in cards(session)}


def _title(cluster: int, note: ClusterNote | None) -> str:
    return (note.name if note else None) or f"Cluster {cluster}"


def _theme(card: ClusterCard, note: ClusterNote | None) -> Theme:
    shown = card.shown
    return Theme(
        id=card.cluster,
        size=card.size,
        name=note.name if note else None,
        description=note.description if note else None,
        theme=note.theme if note else True,
        cover=note.cover if note else None,
        medoid=Artwork.from_payload(shown["medoid"]),
        typical=tuple(Artwork.from_payload(each) for each in shown["typical"]),
        borderline=tuple((Artwork.from_payload(each), each["other"]) for each in shown["borderline"]),
        outliers=tuple(Artwork.from_payload(each) for each in shown["outliers"]),
        facts=card.facts,
    )
