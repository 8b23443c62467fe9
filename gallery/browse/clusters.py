"""The clusters: all of them, and one with its works from the middle to the edge."""

from flask import Blueprint, abort, current_app, render_template

from gallery.browse.reading import choice, page_number
from gallery.catalogue import store
from gallery.clusters.reading import Theme, all_themes, theme_of, titles
from gallery.ledger import database
from indexer.store.model import Filters

blueprint = Blueprint("clusters", __name__)


@blueprint.get("/clusters")
def index() -> str:
    """Show all clusters that curators have not set aside."""
    themes = [theme for theme in all_themes(database()) if theme.theme]
    return render_template("browse/clusters.html", themes=themes, total=sum(theme.size for theme in themes))


@blueprint.get("/clusters/<int:cluster>")
def show(cluster: int) -> str:
    """Show one cluster, its works by likeness to the one in its middle."""
    theme = theme_or_404(cluster)
    asked, number = choice(), page_number()
    filters = asked.filters(cluster=str(cluster))
    size: int = current_app.config["GALLERY"].page_size
    members = store().similar(theme.medoid.id, filters, number=number, size=size)
    if number > 1 and not members.found:
        abort(404, "There are no more works in this cluster.")
    called = titles(database())
    return render_template(
        "browse/cluster.html",
        theme=theme,
        members=members,
        asked=asked,
        movements=store().facets("movement", Filters(cluster=str(cluster))),
        nearest=[(other, called[other], distance) for other, distance in theme.facts["nearest"] if other in called],
        called=called,
    )


def theme_or_404(cluster: int) -> Theme:
    """Return the cluster, or answer 404."""
    found = theme_of(database(), cluster)
    if found is None:
        abort(404, "There is no such cluster now. It may have been merged with another by a later run.")
    return found
