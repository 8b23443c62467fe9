"""Clusters as pages show them: cards from SQL with what curators said; no vector is touched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gallery.clusters.scope import WHOLE, Scope
from gallery.db import Database, Session
from gallery.models.clusters import WHOLE as WHOLE_KEY
from gallery.models.clusters import ClusterCard, ClusterNote, card_of, cards, notes
from indexer.store.model import Artwork, Filters


@dataclass(frozen=True, slots=True)
class Theme:
    """A cluster with its name, its medoid or chosen cover, and what is told of it.

    `size` counts works; `facts` are as `gallery.clusters.cards` makes them; `members` are the ids of its works
    where these are not in the works' payloads.
    """

    id: int
    scope: Scope
    size: int
    name: str | None
    description: str | None
    theme: bool
    face: Artwork
    medoid: Artwork
    typical: tuple[Artwork, ...]
    borderline: tuple[tuple[Artwork, int | None], ...]
    outliers: tuple[Artwork, ...]
    facts: Mapping[str, Any]
    members: tuple[str, ...] | None

    @property
    def title(self) -> str:
        """Its name, or its number while it has none."""
        return self.name or f"Cluster {self.id}"

    @property
    def filters(self) -> Filters:
        """What the store finds its works by."""
        return Filters(cluster=str(self.id)) if self.members is None else Filters(only=self.members)


def all_themes(database: Database, scope: Scope | None = WHOLE) -> list[Theme]:
    """Return all clusters of a scope, or of all: those with a name first, the largest first."""
    with database.reading() as session:
        said = notes(session)
        found = [_theme(card, said.get(card.cluster)) for card in cards(session, scope.key if scope else None)]
    return sorted(found, key=lambda theme: theme.name is None)


def titles(database: Database, scope: Scope = WHOLE) -> dict[int, str]:
    """Return what each cluster of a scope is called."""
    return {theme.id: theme.title for theme in sorted(all_themes(database, scope), key=lambda theme: -theme.size)}


def remarks_of(database: Database, cluster: int) -> str:
    """Return what curators noted for each other about a cluster."""
    with database.reading() as session:
        note = notes(session).get(cluster)
        return (note.remarks if note else None) or ""


def scope_of(session: Session, cluster: int) -> str:
    """Return the key of the scope a cluster is of, the whole's if there is no such cluster now."""
    card = card_of(session, cluster)
    return card.scope if card else WHOLE_KEY


def _theme(card: ClusterCard, note: ClusterNote | None) -> Theme:
    shown = card.shown
    medoid = Artwork.from_payload(shown["medoid"])
    cover = shown.get("cover")
    return Theme(
        id=card.cluster,
        scope=Scope.of(card.scope),
        size=card.size,
        name=note.name if note else None,
        description=note.description if note else None,
        theme=note.theme if note else True,
        face=Artwork.from_payload(cover) if cover and note and note.cover else medoid,
        medoid=medoid,
        typical=tuple(Artwork.from_payload(each) for each in shown["typical"]),
        borderline=tuple((Artwork.from_payload(each), each["other"]) for each in shown["borderline"]),
        outliers=tuple(Artwork.from_payload(each) for each in shown["outliers"]),
        facts=card.facts,
        members=None if card.members is None else tuple(card.members),
    )
