"""Reports of the collection: the latest, those before, two of them compared, and each as a file."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gallery.accounts.identity import needs
from gallery.admin.premises import house
from gallery.admin.queueing import ask_and_go
from gallery.browse.reading import page_number
from gallery.configured import configured
from gallery.errors import NoReport, ReportDamaged
from gallery.ledger import database
from gallery.report.comparing import Difference, changed, never_shown, told
from gallery.report.dates import BETWEEN, Found, moment_of, report_at, reports_between
from gallery.report.model import WHICH, Report, Which, mark_of
from gallery.report.printing import (
    Faces,
    difference_file,
    difference_html,
    linked,
    report_file,
    report_html,
    works_html,
)
from gallery.report.reasons import compared, reasons
from gallery.report.shelf import Shelf
from gallery.report.words import CHANGES

blueprint = Blueprint("report_desk", __name__)
blueprint.add_app_template_filter(mark_of, "report_mark")

SIZE = 60
NEVER = "never-shown"
DESKS = {
    "removed": "takedown_desk.index",
    "duplicates": "duplicate_desk.index",
    "quality": "quality_desk.index",
    "labels": "label_desk.index",
}
"""Where what a section tells is decided about."""


@blueprint.get("/admin/report")
@needs("curator")
def latest() -> str:
    """Show the latest report, or that there is none yet."""
    report, damaged = _shelf().latest()
    return _page(report, [str(each) for each in damaged])


@blueprint.post("/admin/report")
@needs("curator")
def make() -> ResponseReturnValue:
    """Have a report made."""
    said = "Asked for: it appears here when it is made."
    return ask_and_go("report", {"name": "all works"}, url_for("report_desk.latest"), said)


@blueprint.get("/admin/report/compare")
@needs("curator")
def compare() -> ResponseReturnValue:
    """Lead to the comparison of two dates that a form names."""
    dates = [request.args.get(name, "") for name in ("since", "until")]
    if not all(map(moment_of, dates)):
        abort(400, "Give two dates, such as 2026-03-07.")
    return redirect(url_for("report_desk.show", when=BETWEEN.join(dates)))


@blueprint.get("/admin/report/<when>")
@needs("curator")
def show(when: str) -> str:
    """Show the report of a date, or those of two dates side by side; each may be the last before it."""
    if BETWEEN not in when:
        found = _at(when)
        return _page(found.report, found.remarks)
    difference, remarks = _difference(when)
    body = difference_html(difference, _faces(), lists=partial(_list_address, when))
    return render_template("admin/report_difference.html", when=when, found=difference, body=body, remarks=remarks)


@blueprint.get("/admin/report/<when>/file")
@needs("curator")
def file(when: str) -> Response:
    """Send a report or a comparison as a file of HTML that needs nothing else."""
    settings = configured()
    if BETWEEN in when:
        difference, _ = _difference(when)
        content = difference_file(difference, settings.thumbnails_dir, settings.site_name)
        return _sent(content, f"collection-{difference.before.mark}-{difference.after.mark}.html")
    report = _at(when).report
    return _sent(report_file(report, settings.thumbnails_dir, settings.site_name), f"collection-{report.mark}.html")


@blueprint.get("/admin/report/<when>/<which>")
@needs("curator")
def works(when: str, which: str) -> str:
    """Show a page of the works that a report or a comparison has of a kind."""
    kinds = WHICH if BETWEEN in when else (NEVER,)
    if which not in kinds:
        abort(404)
    number = page_number()
    try:
        found = list(islice(_works(when, which), (number - 1) * SIZE, number * SIZE + 1))
    except ReportDamaged as damaged:
        abort(404, str(damaged))
    if not found and number > 1:
        abort(404, "There are no more works of that kind.")
    return render_template(
        "admin/report_works.html",
        when=when,
        which=which,
        heading=next((words for kind, words in CHANGES.items() if kind == which), "Works that never come"),
        body=works_html(found[:SIZE], _faces()),
        any=bool(found),
        number=number,
        more=len(found) > SIZE,
    )


def _works(when: str, which: str) -> Iterator[Mapping[str, Any]]:
    if which == NEVER:
        yield from never_shown(_shelf(), _at(when).report)
        return
    before, after = _two(when)
    why = reasons(house().library, database())
    for kind, pair in changed(_shelf(), before.report, after.report):
        if kind == which:
            yield told(kind, pair, why)


def _page(report: Report | None, remarks: Sequence[str]) -> str:
    body = None
    if report:
        whole = url_for("report_desk.works", when=report.mark, which=NEVER)
        desks = {name: url_for(endpoint) for name, endpoint in DESKS.items()}
        body = report_html(report, _faces(), whole=whole, desks=desks)
    moments = _shelf().moments()
    return render_template("admin/report.html", report=report, body=body, remarks=remarks, moments=moments)


def _difference(when: str) -> tuple[Difference, list[str]]:
    before, after = _two(when)
    remarks = list(dict.fromkeys([*before.remarks, *after.remarks]))
    if before.report == after.report:
        remarks.append("Both dates lead to the same report: there is nothing to compare.")
    return compared(house().library, database(), _shelf(), before.report, after.report), remarks


def _at(when: str) -> Found:
    try:
        return report_at(_shelf(), when)
    except NoReport as error:
        abort(404, str(error))


def _two(when: str) -> tuple[Found, Found]:
    try:
        return reports_between(_shelf(), when)
    except NoReport as error:
        abort(404, str(error))


def _list_address(when: str, which: Which) -> str:
    return url_for("report_desk.works", when=when, which=which)


def _sent(content: str, name: str) -> Response:
    answer = Response(content, mimetype="text/html")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _shelf() -> Shelf:
    return Shelf(configured().reports_dir)


def _faces() -> Faces:
    return linked(
        configured().thumbnails_dir,
        lambda artwork_id: url_for("artworks.show", artwork_id=artwork_id),
        lambda sha256, size: url_for("pictures.thumbnail", sha256=sha256, size=size),
    )
