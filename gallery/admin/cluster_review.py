"""Clusters for curators: runs and what they changed, decisions that can be undone, and the review of one cluster."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from gallery.accounts.identity import me, needs
from gallery.admin.queueing import ask_and_go
from gallery.browse.clusters import label_of, scope_asked, theme_or_404
from gallery.browse.reading import LONGEST_VALUE, page_number
from gallery.catalogue import store, works_by_id
from gallery.clusters import deciding, noting
from gallery.clusters.publishing import all_scopes
from gallery.clusters.reading import all_themes, remarks_of, titles
from gallery.clusters.scope import Scope
from gallery.configured import configured
from gallery.forms import field, number_sent, works_sent
from gallery.ledger import database
from gallery.models.clusters import LONGEST_NAME, decisions_about, recent_decisions, run_by_id, runs
from gallery.problems import tell
from indexer.errors import BadDecision, StoreMissing, UnknownArtwork, UnknownCluster
from indexer.store.model import CONTENT, Filters

blueprint = Blueprint("cluster_review", __name__)
tell(blueprint, 400, BadDecision, heading="That cannot be done")
tell(blueprint, 404, UnknownCluster, UnknownArtwork)

_LISTED = 30
_MOST_PARTS = 9
_RECENT = 5
_MOVERS = 60
# What a part of the collection may have in common, and the field of the store that says so.
_FIELDS = {"artist": "artist_slug", "movement": "movement"}


@blueprint.get("/admin/clusters")
@needs("curator")
def index() -> str:
    """Show the clusters of a scope to review, the latest runs, and the latest decisions."""
    scope = scope_asked()
    with database().reading() as session:
        latest, decided = runs(session, _LISTED), recent_decisions(session, _LISTED)
    themes = all_themes(database(), scope)
    return render_template(
        "admin/clusters.html",
        themes=themes,
        scope=scope,
        label=label_of(scope, themes),
        scopes=[(other, label_of(other, ())) for other in all_scopes(database())],
        parts=_parts(),
        lenses=_lenses(),
        runs=[(run, label_of(Scope.of(run.scope), ())) for run in latest],
        decisions=decided,
        called=_called(),
    )


@blueprint.post("/admin/clusters/run")
@needs("curator")
def start() -> ResponseReturnValue:
    """Ask for a run; the job's page shows how far it is."""
    text = field("k", 6, default="").strip()
    if text and not (text.isascii() and text.isdigit() and int(text)):
        abort(400, "The number of clusters must be a whole number from 1 upwards, or empty.")
    lens = field("lens", 32, default=CONTENT)
    kind, _, value = field("part", LONGEST_VALUE + 9, default="").partition(":")
    if lens not in _lenses() or (kind and (kind not in _FIELDS or value not in dict(_parts()[kind]))):
        abort(400, "There is no such lens or part of the collection.")
    asked = {"reason": "button", "k": int(text) if text else None, "lens": lens} | ({kind: value} if kind else {})
    return ask_and_go(
        "cluster", asked, url_for("cluster_review.index"), "Asked for: the clusters change when it is done."
    )


def _lenses() -> list[str]:
    try:
        card = store().stats().card
    except StoreMissing:
        card = None
    # The first lens first: it makes the clusters that visitors know as themes.
    return sorted(card.widths, key=lambda lens: (lens != CONTENT, lens)) if card else [CONTENT]


def _parts() -> dict[str, list[tuple[str, int]]]:
    try:
        found = {name: store().facets(payload, Filters()) for name, payload in _FIELDS.items()}
    except StoreMissing:
        found = {name: [] for name in _FIELDS}
    return {name: sorted((each.value, each.count) for each in facets) for name, facets in found.items()}


def _called() -> dict[int, str]:
    return {theme.id: theme.title for theme in all_themes(database(), None)}


@blueprint.get("/admin/clusters/runs/<int:run_id>")
@needs("curator")
def run(run_id: int) -> str:
    """Show how a run was made, how k was chosen, and what it changed."""
    with database().reading() as session:
        found = run_by_id(session, run_id)
    if found is None:
        abort(404, "There is no such run.")
    label = label_of(Scope.of(found.scope), ())
    moved = tuple(mover["work"] for mover in (found.changes or {}).get("movers", ())[:_MOVERS])
    works = works_by_id(moved)
    return render_template("admin/cluster_run.html", run=found, label=label, called=_called(), works=works)


@blueprint.get("/admin/clusters/<int:cluster>")
@needs("curator")
def show(cluster: int) -> str:
    """Show a cluster with everything a curator can do about it."""
    theme, number = theme_or_404(cluster), page_number()
    size = configured().page_size
    lens = theme.scope.lens
    members = store().similar(theme.medoid.id, theme.filters, lens=lens, number=number, size=size)
    called = titles(database(), theme.scope)
    ids = sorted(called)
    place = ids.index(cluster)
    with database().reading() as session:
        decided = decisions_about(session, theme.scope.key, cluster)
    return render_template(
        "admin/cluster.html",
        theme=theme,
        label=label_of(theme.scope, [theme]),
        members=members,
        called=called,
        before=ids[place - 1] if place else None,
        after=ids[place + 1] if place + 1 < len(ids) else None,
        remarks=remarks_of(database(), cluster),
        decisions=[row for row in reversed(decided) if row.undone_at is None][:_RECENT],
        pinned=any(row.decision["kind"] == "pin" and row.undone_at is None for row in decided),
        longest_name=LONGEST_NAME,
        longest_remarks=noting.LONGEST_REMARKS,
        most_parts=_MOST_PARTS,
    )


@blueprint.post("/admin/clusters/<int:cluster>/describe")
@needs("curator")
def describe(cluster: int) -> Response:
    """Name and describe a cluster, say whether visitors see it, and note what only curators read."""
    theme_or_404(cluster)
    noting.describe(
        database(),
        cluster,
        me(),
        name=field("name", 4 * LONGEST_NAME),
        description=field("description", 4 * noting.LONGEST_DESCRIPTION),
        theme="not_theme" not in request.form,
        remarks=field("remarks", 4 * noting.LONGEST_REMARKS, default=""),
    )
    return _back(cluster, "Saved.")


@blueprint.post("/admin/clusters/<int:cluster>/pin")
@needs("curator")
def pin(cluster: int) -> Response:
    """Keep a cluster over all runs to come."""
    deciding.pin(database(), store(), cluster, me())
    return _back(cluster, "Pinned: later runs may add works to it and take none away.")


@blueprint.post("/admin/clusters/<int:cluster>/merge")
@needs("curator")
def merge(cluster: int) -> Response:
    """Let a cluster take in another."""
    deciding.merge(database(), store(), cluster, [number_sent("other")], me())
    return _back(cluster, "Merged.")


@blueprint.post("/admin/clusters/<int:cluster>/split")
@needs("curator")
def split(cluster: int) -> Response:
    """Make several clusters of one."""
    into = number_sent("into")
    if not 2 <= into <= _MOST_PARTS:
        raise BadDecision(f"a cluster cannot be split in {into}", f"Choose from 2 to {_MOST_PARTS} parts.")
    deciding.split(database(), store(), cluster, into, me())
    return _back(cluster, f"Split in {into}.")


@blueprint.post("/admin/clusters/<int:cluster>/works")
@needs("curator")
def works(cluster: int) -> Response:
    """Move the ticked works, take them out of all clusters, or let one stand for the cluster."""
    theme_or_404(cluster)
    ticked, act = works_sent(), field("act", 20)
    if act == "move":
        deciding.move(database(), store(), ticked, number_sent("to"), me(), seen_on=cluster)
    elif act == "exclude":
        deciding.exclude(database(), store(), ticked, cluster, me())
    elif act == "cover":
        if len(ticked) != 1:
            raise BadDecision(f"{len(ticked)} works are ticked", "Tick the one that shall be the cover.")
        noting.choose_cover(database(), store(), cluster, ticked[0], me())
    else:
        abort(400, "The form came with an act that its page does not have.")
    return _back(cluster, "Done. It can be undone below.")


@blueprint.post("/admin/clusters/decisions/<int:decision_id>/undo")
@needs("curator")
def undo(decision_id: int) -> Response:
    """Take a decision back, and return to the cluster it was made on where that is known."""
    deciding.undo(database(), store(), decision_id, me())
    if "cluster" in request.form:
        return _back(number_sent("cluster"), "Undone.")
    flash("Undone.")
    return redirect(url_for("cluster_review.index") + "#decisions", 303)


def _back(cluster: int, said: str) -> Response:
    flash(said)
    if cluster in _called():
        return redirect(url_for("cluster_review.show", cluster=cluster), 303)
    return redirect(url_for("cluster_review.index"), 303)
