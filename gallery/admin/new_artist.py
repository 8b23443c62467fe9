"""Adding an artist: the form, a preview of what would come, and the start."""

from typing import Any

from flask import Blueprint, Flask, abort, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from gallery.accounts.identity import me, needs
from gallery.admin.jobs import standing
from gallery.configured import configured
from gallery.errors import JobError
from gallery.forms import field, number_sent
from gallery.jobs import adding, asking, uploads, wishes
from gallery.jobs.holding import queue
from gallery.jobs.previewing import MOST_FINDS, preview_dir
from gallery.ledger import database
from gallery.models.jobs import Job, job_by_id
from gallery.problems import allow_large
from indexer.thumbnails import thumbnail_path
from scraper.choosing import switched_on
from scraper.settings import ScraperSettings

blueprint = Blueprint("new_artist", __name__)

UPLOAD = "/admin/artists/upload"
_UPLOADED = ("name", "licence", "credit")

EMPTY = {name: "" for name in wishes.SIMPLE} | {"limit": "60"}


def init_app(app: Flask) -> None:
    """Let uploads be as large as the settings say, with some room for the form around them."""
    allow_large(app, UPLOAD, app.config["GALLERY"].upload_mb * 2**20 + 2**20)


@blueprint.get("/admin/artists/new")
@needs("admin")
def form() -> ResponseReturnValue:
    """Show the form, filled in from an earlier preview if one is named."""
    typed, ticked = dict(EMPTY), _on_by_default()
    if named := request.args.get("preview"):
        asked = _preview_or_404(int(named) if named.isdecimal() else 0).asked
        typed, ticked = _typed_again(asked), asked.get("sources", [])
    return _form(typed, ticked)


@blueprint.post("/admin/artists/preview")
@needs("admin")
def preview() -> ResponseReturnValue:
    """Look for the first works of what the form asks for, and go on to what comes of it."""
    typed = {name: field(name, wishes.LONGEST.get(name, 40), default="") for name in wishes.SIMPLE}
    ticked = request.form.getlist("sources")
    try:
        asked = wishes.wish(typed, ticked, _allowed())
        job = asking.ask_for(database(), queue(), "preview", asked, by=me())
    except JobError as error:
        return _form(typed, ticked, error)
    return redirect(url_for("new_artist.look", job_id=job.id), 303)


@blueprint.post(UPLOAD)
@needs("admin")
def upload() -> ResponseReturnValue:
    """Take files or a zip of them, and go on to a preview of what they hold."""
    typed = {name: field(name, 1000, default="") for name in _UPLOADED}
    settings = configured()
    scraping = ScraperSettings()
    limits = uploads.Limits(
        picture=scraping.max_image_mb * 2**20,
        whole=4 * settings.upload_mb * 2**20,
        keep_free=int(scraping.keep_free_gb * 10**9),
    )
    try:
        asked = wishes.upload_wish(typed)
        token = uploads.receive(request.files.getlist("files"), settings.uploads_dir, limits)
        job = asking.ask_for(database(), queue(), "preview", asked | {"upload": token}, by=me())
    except JobError as error:
        return _form(dict(EMPTY), _on_by_default(), upload_error=error, uploaded=typed)
    return redirect(url_for("new_artist.look", job_id=job.id), 303)


@blueprint.get("/admin/artists/preview/<int(max=2147483647):job_id>")
@needs("admin")
def look(job_id: int) -> ResponseReturnValue:
    """Show what a preview has found so far."""
    return _look(_preview_or_404(job_id))


@blueprint.get("/admin/artists/preview/<int(max=2147483647):job_id>/<sha256>.webp")
@needs("admin")
def thumbnail(job_id: int, sha256: str) -> ResponseReturnValue:
    """Send a picture of a preview, to admins only."""
    job = _preview_or_404(job_id)
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        abort(404)
    folder = preview_dir(configured(), job.id).resolve() / "thumbnails"
    try:
        answer = send_file(thumbnail_path(folder, sha256, 240), "image/webp")
    except FileNotFoundError:
        abort(404, "There is no such picture. Previews are kept for a day.")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/admin/artists/new")
@needs("admin")
def start() -> ResponseReturnValue:
    """Add the artist of a preview and start collecting; nothing but the preview's number is taken from the form."""
    job = _preview_or_404(number_sent("preview"))
    try:
        started = adding.start(database(), queue(), job, with_facts="facts" in request.form, by=me())
    except JobError as error:
        return _look(job, error)
    return redirect(url_for("jobs.show", job_id=started.id), 303)


def _look(job: Job, error: JobError | None = None) -> ResponseReturnValue:
    said: dict[str, Any] = job.progress.get("preview", {})
    finds = said.get("finds", [])
    new = sum(find["like"] is None for find in finds)
    values = {
        "job": job,
        "standing": standing(job),
        "finds": finds,
        "dropped": said.get("dropped", []),
        "facts": said.get("facts", {}),
        "novelty": round(100 * new / len(finds)) if finds else None,
        "most": MOST_FINDS,
        "sources": wishes.offered(),
    }
    return render_template("admin/preview.html", **values, error=error), 422 if error else 200


def _form(
    typed: dict[str, str],
    ticked: list[str],
    error: JobError | None = None,
    upload_error: JobError | None = None,
    uploaded: dict[str, str] | None = None,
) -> ResponseReturnValue:
    values = {
        **{"typed": typed, "ticked": ticked, "sources": wishes.offered(), "allowed": _allowed(), "error": error},
        **{"upload_error": upload_error, "uploaded": uploaded or dict.fromkeys(_UPLOADED, "")},
        "most_mb": configured().upload_mb,
    }
    return render_template("admin/new_artist.html", **values), 422 if error or upload_error else 200


def _allowed() -> list[str]:
    on = switched_on(ScraperSettings())
    return [name for name in wishes.offered() if name in on]


def _on_by_default() -> list[str]:
    return [name for name, site in wishes.offered().items() if site.default_on and name in _allowed()]


def _preview_or_404(job_id: int) -> Job:
    with database().reading() as session:
        job = job_by_id(session, job_id) if job_id < 2**31 else None
    if job is None or job.kind != "preview":
        abort(404, "There is no such preview.")
    return job


def _typed_again(asked: dict[str, Any]) -> dict[str, str]:
    lists = {"aliases": "\n", "pages": "\n", "movements": ", "}
    return {
        name: lists[name].join(asked.get(name, []))
        if name in lists
        else ""
        if asked.get(name) is None
        else str(asked[name])
        for name in wishes.SIMPLE
    }
