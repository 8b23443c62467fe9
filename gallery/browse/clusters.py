"""The clusters: all of them, one with its works from the middle to the edge, and what became of it run by run."""

from collections.abc import Sequence
from dataclasses import replace

from flask import Blueprint, abort, render_template, request

from gallery.browse.facets import narrowing
from gallery.browse.reading import LONGEST_VALUE, choice, page_number
from gallery.catalogue import store, works_by_id
from gallery.clusters.history import Chapter, history_of
from gallery.clusters.reading import Theme
from gallery.clusters.scope import Scope
from gallery.clusters.shelf import clusters
from gallery.configured import configured
from gallery.ledger import database
from gallery.lenses import lenses
from indexer.store.model import CONTENT, Artwork

blueprint = Blueprint("clusters", __name__)

_MOST_MOVERS = 120

ON_A_PAGE = 10
"""Clusters on a page: each has a dozen pictures, and the page is to stay light."""


@blueprint.get("/clusters")
def index() -> str:
    """Show the clusters of the collection, or of a part of it, that curators have not set aside."""
    scope, shown, number = scope_asked(), clusters(), page_number()
    themes = shown.part(scope)
    if not themes and not scope.is_whole:
        abort(404, "No clusters have been made of these works.")
    last = max(1, -(-len(themes) // ON_A_PAGE))
    if number > last:
        abort(404, "There are no more clusters.")
    lenses = [other for other in shown.scopes if other.all_works and other != scope and shown.part(other)]
    return render_template(
        "browse/clusters.html",
        themes=themes[(number - 1) * ON_A_PAGE : number * ON_A_PAGE],
        count=len(themes),
        number=number,
        last=last,
        total=sum(theme.size for theme in themes),
        scope=scope,
        label=label_of(scope, themes),
        lenses=sorted(lenses, key=lambda other: (not other.is_whole, other.lens)),
    )


@blueprint.get("/clusters/<int:cluster>")
def show(cluster: int) -> str:
    """Show one cluster, its works by likeness to the one in its middle."""
    theme, shown = theme_or_404(cluster), clusters()
    asked, number = choice().without("cluster"), page_number()
    filters = replace(asked.filters(), cluster=theme.filters.cluster, only=theme.filters.only)
    size = configured().page_size
    members = store().similar(theme.medoid.id, filters, lens=theme.scope.lens, number=number, size=size)
    if number > 1 and not members.found:
        abort(404, "There are no more works in this cluster.")
    return render_template(
        "browse/cluster.html",
        theme=theme,
        scale=lenses().scale({theme.scope.lens: 100}),
        label=label_of(theme.scope, [theme]),
        members=members,
        asked=asked,
        narrowing=narrowing(
            asked, replace(filters, but=(theme.medoid.id,)), None if asked.any else theme.size, fixed=("cluster",)
        ),
        movements=store().facets("movement", theme.filters),
        nearest=[
            (near, distance)
            for other, distance in theme.facts["nearest"]
            if (near := shown.themes.get(other)) is not None and near.theme
        ],
        called=shown.titles(),
    )


@blueprint.get("/clusters/<int:cluster>/history")
def history(cluster: int) -> str:
    """Show what each run made of a cluster, also of one that is no more."""
    found = history_of(database(), cluster)
    if found is None:
        abort(404, "No run has made such a cluster.")
    shown = clusters()
    return render_template(
        "browse/cluster_history.html",
        cluster=cluster,
        theme=shown.themes.get(cluster),
        label=label_of(found.scope, shown.part(found.scope)),
        history=found,
        works=movers(found.chapters),
        called=shown.titles(),
    )


def movers(chapters: Sequence[Chapter]) -> dict[str, Artwork]:
    """Return the works that changed sides last and are still here, by id."""
    ids: list[str] = []
    for chapter in reversed(chapters):
        ids += [work for work, _ in (*chapter.joined, *chapter.left)]
    return works_by_id(list(dict.fromkeys(ids[:_MOST_MOVERS])))


def scope_asked() -> Scope:
    """Return the part of the collection and the lens that an address names; answer 400 if it names two parts."""
    values = {name: request.args.get(name, "").strip()[:LONGEST_VALUE] for name in ("artist", "movement", "lens")}
    if values["artist"] and values["movement"]:
        abort(400, "Clusters are made of an artist’s works or of a movement’s, not of both.")
    return Scope(values["lens"] or CONTENT, values["artist"] or None, values["movement"] or None)


def label_of(scope: Scope, themes: Sequence[Theme]) -> str:
    """Return a scope in words, with the artist's name as their works spell it; nothing for the whole."""
    lens = "" if scope.lens == CONTENT else f"by {scope.lens}"
    if scope.artist is not None:
        return f"{themes[0].medoid.artist if themes else scope.artist} {lens}".strip()
    return f"{scope.movement or ''} {lens}".strip()


def theme_or_404(cluster: int) -> Theme:
    """Return the cluster, or answer 404."""
    found = clusters().themes.get(cluster)
    if found is None:
        abort(404, "There is no such cluster now. It may have been merged with another by a later run.")
    return found
