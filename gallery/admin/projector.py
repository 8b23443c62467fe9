"""The projector export: a button that has it made, and the latest to download."""

from datetime import UTC, datetime

from flask import Blueprint, abort, render_template, send_file
from flask.typing import ResponseReturnValue

from gallery.accounts.identity import needs
from gallery.admin.queueing import ask_from
from gallery.configured import configured
from gallery.jobs.projecting import zip_of

blueprint = Blueprint("projector", __name__)


@blueprint.get("/admin/projector")
@needs("admin")
def show() -> ResponseReturnValue:
    """Show the latest export and the button for the next."""
    return _page(None)


@blueprint.post("/admin/projector")
@needs("admin")
def make() -> ResponseReturnValue:
    """Have the collection exported, and go on to the job."""
    return ask_from(_page, "projector")


@blueprint.get("/admin/projector/download")
@needs("admin")
def download() -> ResponseReturnValue:
    """Send the latest export."""
    try:
        answer = send_file(
            zip_of(configured()).resolve(),
            "application/zip",
            as_attachment=True,
            download_name="projector.zip",
        )
    except FileNotFoundError:
        abort(404, "Nothing has been exported yet.")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _page(error: str | None) -> str:
    try:
        there = zip_of(configured()).stat()
    except FileNotFoundError:
        return render_template("admin/projector.html", made=None, size=0, error=error)
    made = datetime.fromtimestamp(there.st_mtime, UTC)
    return render_template("admin/projector.html", made=made, size=there.st_size, error=error)
