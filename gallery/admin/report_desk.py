"""Reports of the collection: the latest, those before, two of them compared, and each as a file."""

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from gallery.accounts.identity import me, needs
from gallery.errors import JobError, NoReport
from gallery.jobs.asking import ask_for
from gallery.jobs.holding import queue
from gallery.ledger import database
from gallery.report.dates import report_at
from gallery.report.model import mark_of
from gallery.report.printing import Faces, linked, report_file, report_html
from gallery.report.shelf import Shelf

blueprint = Blueprint("report_desk", __name__)
blueprint.add_app_template_filter(mark_of, "report_mark")


@blueprint.get("/admin/report")
@needs("curator")
def latest() -> str:
    """Show the latest report, or that there is none yet."""
    shelf = _shelf()
    report, damaged = shelf.latest()
    remarks = [str(each) for each in damaged]
    body = report_html(report, _faces()) if report else None
    return render_template("admin/report.html", report=report, body=body, remarks=remarks, moments=shelf.moments())


@blueprint.post("/admin/report")
@needs("curator")
def make() -> ResponseReturnValue:
    """Have a report made."""
    try:
        job = ask_for(database(), queue(), "report", {"name": "all works"}, by=me())
    except JobError as error:
        flash(str(error))
        return redirect(url_for("report_desk.latest"), 303)
    if me().may("admin"):
        return redirect(url_for("jobs.show", job_id=job.id), 303)
    flash("Asked for: it appears here when it is made.")
    return redirect(url_for("report_desk.latest"), 303)


@blueprint.get("/admin/report/<when>")
@needs("curator")
def show(when: str) -> str:
    """Show the report of a date, or the last before it."""
    shelf = _shelf()
    try:
        found = report_at(shelf, when)
    except NoReport as error:
        abort(404, str(error))
    body = report_html(found.report, _faces())
    return render_template(
        "admin/report.html", report=found.report, body=body, remarks=found.remarks, moments=shelf.moments()
    )


@blueprint.get("/admin/report/<when>/file")
@needs("curator")
def file(when: str) -> Response:
    """Send the report of a date as a file of HTML that needs nothing else."""
    try:
        report = report_at(_shelf(), when).report
    except NoReport as error:
        abort(404, str(error))
    settings = current_app.config["GALLERY"]
    return _sent(report_file(report, settings.thumbnails_dir, settings.site_name), f"collection-{report.mark}.html")


def _sent(content: str, name: str) -> Response:
    answer = Response(content, mimetype="text/html")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _shelf() -> Shelf:
    return Shelf(current_app.config["GALLERY"].reports_dir)


def _faces() -> Faces:
    return linked(
        current_app.config["GALLERY"].thumbnails_dir,
        lambda artwork_id: url_for("artworks.show", artwork_id=artwork_id),
        lambda sha256, size: url_for("pictures.thumbnail", sha256=sha256, size=size),
    )
