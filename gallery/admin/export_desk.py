"""Data sets for admins: asked for by a form, made as a job, listed, downloaded as one tar file, deleted."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gallery.accounts.identity import me, needs
from gallery.admin.premises import checked_id
from gallery.catalogue import store
from gallery.configured import configured
from gallery.errors import JobError
from gallery.forms import field
from gallery.jobs import asking
from gallery.jobs.exporting import folder_of, order_of
from gallery.jobs.holding import queue
from gallery.ledger import database
from gallery.models.audit import record
from gallery.models.base import rows_by_id
from gallery.models.jobs import Job, unended
from gallery.models.tagging import tag_sets
from indexer.bundle.handing import is_whole, pieces, size_of
from indexer.bundle.order import FORMATS, PLAIN_CLASSES
from indexer.bundle.parquet import is_installed
from indexer.bundle.rights import why_not
from indexer.errors import BadOrder, StoreMissing
from indexer.store.model import Filters

blueprint = Blueprint("export_desk", __name__)

LARGEST_SHARD = 100_000
_MOST_LICENCES = 100
_MOST_SEED = 2**31
_ID = re.compile(r"[0-9]{1,9}")


class Made(NamedTuple):
    """A data set that lies ready: the number of its job, the job if its row is still there."""

    id: int
    job: Job | None

    @property
    def counts(self) -> Mapping[str, Any]:
        """What the job counted."""
        return self.job.counts if self.job else {}


@blueprint.get("/admin/exports")
@needs("admin")
def index() -> ResponseReturnValue:
    """Show the form, and the data sets there are."""
    return _page(_usual(), None)


@blueprint.post("/admin/exports")
@needs("admin")
def make() -> ResponseReturnValue:
    """Have a data set made, and go on to the job."""
    typed: dict[str, Any] = {name: field(name, 60, default="") for name in ("by", "split", "seed", "shard_mb")}
    typed |= {name: request.form.getlist(name) for name in ("formats", "licences")}
    try:
        asked = _asked(typed)
        order_of(asked, configured())
        job = asking.ask_for(database(), queue(), "export", asked, by=me())
    except (BadOrder, JobError) as error:
        return _page(typed, str(error)), 422 if isinstance(error, BadOrder) else 409
    return redirect(url_for("jobs.show", job_id=job.id), 303)


@blueprint.get("/admin/exports/<int:export_id>/download")
@needs("admin")
def download(export_id: int) -> Response:
    """Send a data set as one tar file, made while it is sent."""
    folder, name = _folder_or_404(export_id), f"data-set-{export_id}"
    answer = Response(pieces(folder, name), mimetype="application/x-tar")
    answer.content_length = size_of(folder, name)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.tar"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/admin/exports/<int:export_id>/delete")
@needs("admin")
def delete(export_id: int) -> ResponseReturnValue:
    """Delete a data set."""
    folder = _folder_or_404(export_id)
    with database().writing() as session:
        record(session, me(), "deleted export", f"data set {export_id}")
    # Out of the list at once, whatever becomes of the rest.
    going = folder.with_name(f".{folder.name}-going")
    shutil.rmtree(going, ignore_errors=True)
    folder.rename(going)
    shutil.rmtree(going, ignore_errors=True)
    flash(f"Data set {export_id} has been deleted.")
    return redirect(url_for("export_desk.index"), 303)


def _usual() -> dict[str, Any]:
    formats = [each for each in FORMATS if each != "webdataset" and (each != "parquet" or is_installed())]
    return {"by": "artist", "split": "80/10/10", "seed": "0", "shard_mb": "256", "formats": formats, "licences": []}


def _asked(typed: Mapping[str, Any]) -> dict[str, Any]:
    formats = [each for each in FORMATS if each in typed["formats"]]
    if not formats:
        raise BadOrder("Choose at least one format.")
    if "parquet" in formats and not is_installed():
        raise BadOrder("Nothing here writes Parquet files: pip install 'semantic-gallery[parquet]' brings it.")
    if typed["by"] not in _classes():
        raise BadOrder("Works cannot be classed by that. Choose from the list.")
    licences = sorted(set(typed["licences"]))
    if any(why_not(each) for each in licences):
        raise BadOrder("Only works under open licences can be handed on.")
    return {
        "name": f"by {typed['by']}",
        "formats": formats,
        "by": typed["by"],
        "split": typed["split"].strip(),
        "seed": _number(typed["seed"] or "0", 0, _MOST_SEED, "The seed"),
        "licences": licences,
        "shard_mb": _number(typed["shard_mb"] or "256", 1, LARGEST_SHARD, "The size of shards"),
    }


def _number(text: str, least: int, most: int, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 11 and least <= int(text) <= most):
        raise BadOrder(f"{what} must be a whole number from {least} to {most:,}.")
    return int(text)


def _classes() -> list[str]:
    with database().reading() as session:
        return [*PLAIN_CLASSES, *(tags.name for tags in tag_sets(session))]


def _licences() -> list[tuple[str, int]]:
    try:
        found = store().facets("licence", Filters(), limit=_MOST_LICENCES)
    except StoreMissing:
        return []
    return [(facet.value, facet.count) for facet in found if why_not(facet.value) is None]


def _made() -> list[Made]:
    """Return the data sets there are, newest first."""
    try:
        folders = [path for path in configured().exports_dir.iterdir() if _ID.fullmatch(path.name) and is_whole(path)]
    except FileNotFoundError:
        return []
    ids = sorted((int(path.name) for path in folders), reverse=True)
    with database().reading() as session:
        jobs = rows_by_id(session, Job, ids)
    return [Made(number, jobs.get(number)) for number in ids]


def _folder_or_404(export_id: int) -> Path:
    folder = folder_of(configured(), checked_id(export_id))
    if not is_whole(folder):
        abort(404, "There is no such data set: it was never made, or it is gone.")
    return folder


def _page(typed: Mapping[str, Any], error: str | None) -> str:
    home = configured().data_dir
    with database().reading() as session:
        live = unended(session, "export")
    return render_template(
        "admin/exports.html",
        **{"typed": typed, "error": error, "made": _made(), "classes": _classes(), "licences": _licences()},
        **{"formats": FORMATS, "parquet": is_installed(), "live": live, "free": shutil.disk_usage(home).free},
    )
