"""Clusters for curators: runs and what they changed, decisions that can be undone, and the review of one cluster."""

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gallery.accounts.identity import me, needs
from gallery.browse.clusters import theme_or_404
from gallery.browse.reading import page_number
from gallery.catalogue import store
from gallery.clusters import deciding
from gallery.clusters.reading import all_themes, titles
from gallery.errors import TooManyJobs
from gallery.forms import field
from gallery.jobs.asking import ask_for
from gallery.jobs.holding import queue
from gallery.ledger import database
from gallery.models.clusters import LONGEST_NAME, recent_decisions, run_by_id, runs
from indexer.errors import BadDecision, UnknownArtwork, UnknownCluster
from indexer.store.model import Filters

blueprint = Blueprint("cluster_review", __name__)

_LISTED = 30
_MOST_PARTS = 9


@blueprint.errorhandler(BadDecision)
def _refuse(error: BadDecision) -> tuple[str, int]:
    sentence = str(error)[:1].upper() + str(error)[1:]
    return render_template("problem.html", status=400, heading="That cannot be done", sentence=sentence), 400


@blueprint.errorhandler(UnknownCluster)
@blueprint.errorhandler(UnknownArtwork)
def _gone(error: Exception) -> tuple[str, int]:
    sentence = str(error)[:1].upper() + str(error)[1:]
    return render_template("problem.html", status=404, heading="Nothing hangs here", sentence=sentence), 404


@blueprint.get("/admin/clusters")
@needs("curator")
def index() -> str:
    """Show all clusters to review, the latest runs, and the latest decisions."""
    with database().reading() as session:
        latest, decided = runs(session, _LISTED), recent_decisions(session, _LISTED)
    return render_template(
        "admin/clusters.html", themes=all_themes(database()), runs=latest, decisions=decided, called=titles(database())
    )


@blueprint.post("/admin/clusters/run")
@needs("curator")
def start() -> Response:
    """Ask for a run; the job's page shows how far it is."""
    text = field("k", 6, default="").strip()
    if text and not (text.isascii() and text.isdigit() and int(text)):
        abort(400, "The number of clusters must be a whole number from 1 upwards, or empty.")
    asked = {"reason": "button", "k": int(text) if text else None}
    try:
        job = ask_for(database(), queue(), "cluster", asked, by=me())
    except TooManyJobs as error:
        flash(str(error))
        return redirect(url_for("cluster_review.index"), 303)
    flash("Asked for: the clusters change when it is done.")
    return redirect(url_for("jobs.show", job_id=job.id) if me().may("admin") else url_for("cluster_review.index"), 303)


@blueprint.get("/admin/clusters/runs/<int:run_id>")
@needs("curator")
def run(run_id: int) -> str:
    """Show how a run was made, how k was chosen, and what it changed."""
    with database().reading() as session:
        found = run_by_id(session, run_id)
    if found is None:
        abort(404, "There is no such run.")
    return render_template("admin/cluster_run.html", run=found, called=titles(database()))


@blueprint.get("/admin/clusters/<int:cluster>")
@needs("curator")
def show(cluster: int) -> str:
    """Show a cluster with everything a curator can do about it."""
    theme, number = theme_or_404(cluster), page_number()
    size: int = current_app.config["GALLERY"].page_size
    members = store().similar(theme.medoid.id, Filters(cluster=str(cluster)), number=number, size=size)
    called = titles(database())
    ids = sorted(called)
    place = ids.index(cluster)
    return render_template(
        "admin/cluster.html",
        theme=theme,
        members=members,
        called=called,
        before=ids[place - 1] if place else None,
        after=ids[place + 1] if place + 1 < len(ids) else None,
        longest_name=LONGEST_NAME,
        most_parts=_MOST_PARTS,
    )


@blueprint.post("/admin/clusters/<int:cluster>/describe")
@needs("curator")
def describe(cluster: int) -> Response:
    """Name and describe a cluster, and say whether visitors see it."""
    theme_or_404(cluster)
    deciding.describe(
        database(),
        cluster,
        me(),
        name=field("name", 4 * LONGEST_NAME),
        description=field("description", 4 * deciding.LONGEST_DESCRIPTION),
        theme="not_theme" not in request.form,
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
    deciding.merge(database(), store(), cluster, [_number("other")], me())
    return _back(cluster, "Merged.")


@blueprint.post("/admin/clusters/<int:cluster>/split")
@needs("curator")
def split(cluster: int) -> Response:
    """Make several clusters of one."""
    into = _number("into")
    if not 2 <= into <= _MOST_PARTS:
        raise BadDecision(f"a cluster cannot be split in {into}", f"Choose from 2 to {_MOST_PARTS} parts.")
    deciding.split(database(), store(), cluster, into, me())
    return _back(cluster, f"Split in {into}.")


@blueprint.post("/admin/clusters/<int:cluster>/works")
@needs("curator")
def works(cluster: int) -> Response:
    """Move the ticked works, take them out of all clusters, or let one stand for the cluster."""
    theme_or_404(cluster)
    ticked, act = request.form.getlist("work"), field("act", 20)
    if len(ticked) > 1000:
        abort(400, "At most 1,000 works at a time.")
    if act == "move":
        deciding.move(database(), store(), ticked, _number("to"), me())
    elif act == "exclude":
        deciding.exclude(database(), store(), ticked, me())
    elif act == "cover":
        if len(ticked) != 1:
            raise BadDecision(f"{len(ticked)} works are ticked", "Tick the one that shall be the cover.")
        deciding.choose_cover(database(), store(), cluster, ticked[0], me())
    else:
        abort(400, "The form came with an act that its page does not have.")
    return _back(cluster, "Done. It can be undone on the page of all clusters.")


@blueprint.post("/admin/clusters/decisions/<int:decision_id>/undo")
@needs("curator")
def undo(decision_id: int) -> Response:
    """Take a decision back."""
    deciding.undo(database(), store(), decision_id, me())
    flash("Undone.")
    return redirect(url_for("cluster_review.index") + "#decisions", 303)


def _number(name: str) -> int:
    text = field(name, 9)
    if not (text.isascii() and text.isdigit()):
        abort(400, f"{name!r} must be a number.")
    return int(text)


def _back(cluster: int, said: str) -> Response:
    flash(said)
    if cluster in titles(database()):
        return redirect(url_for("cluster_review.show", cluster=cluster), 303)
    return redirect(url_for("cluster_review.index"), 303)
