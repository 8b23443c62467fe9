"""Jobs: the list of them, how far each is, and the buttons to end one, let it go on or do it again."""

import json
import time
from collections.abc import Callable, Iterator
from threading import BoundedSemaphore

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from gallery.accounts.identity import me, needs
from gallery.browse.reading import known_or_400, page_number
from gallery.catalogue import last_page
from gallery.configured import configured
from gallery.db import Database
from gallery.errors import DatabaseError, JobError
from gallery.jobs import asking, wishes
from gallery.jobs.holding import queue
from gallery.jobs.kinds import KINDS, fraction, percent
from gallery.ledger import database
from gallery.models.artists import Artist, artist_by_id
from gallery.models.base import now, rows_by_id
from gallery.models.jobs import LIVE, REPEATABLE, RESUMABLE, STATES, Job, job_by_id, job_page
from gallery.models.users import User, user_by_id

blueprint = Blueprint("jobs", __name__)

SIZE = 40
LIVE_SECONDS = 20
"""How long one stream of events lasts: each holds a thread, and browsers begin the next by themselves."""

_EVERY_SECONDS = 1.0


class _Streams:
    """So many streams at a time; whoever comes later asks now and then instead."""

    def __init__(self, most: int) -> None:
        self.free = BoundedSemaphore(most)


def init_app(app: Flask) -> None:
    """Give templates `job_title(job)`."""
    app.add_template_global(job_title)


def job_title(job: Job) -> str:
    """Return what a job is called."""
    return KINDS[job.kind].label if job.kind in KINDS else job.kind


@blueprint.get("/admin/jobs")
@needs("admin")
def index() -> ResponseReturnValue:
    """List jobs, newest first."""
    number, state, kind = page_number(), request.args.get("state"), request.args.get("kind")
    in_state = known_or_400(state, STATES, "The state must be") if state else None
    of_kind = known_or_400(kind, KINDS, "The kind must be") if kind else None
    with database().reading() as session:
        page = job_page(session, number, SIZE, in_state, of_kind)
        artists = rows_by_id(session, Artist, (job.artist_id for job in page.jobs if job.artist_id is not None))
        people = rows_by_id(session, User, (job.user_id for job in page.jobs if job.user_id is not None))
    last = last_page(number, page.total, SIZE)
    return render_template(
        "admin/jobs.html",
        **{"jobs": page.jobs, "total": page.total, "number": number, "last": last, "artists": artists},
        **{"people": people, "state": state, "kind": kind, "states": STATES, "kinds": KINDS, "percent": percent},
    )


@blueprint.get("/admin/jobs/<int(max=2147483647):job_id>")
@needs("admin")
def show(job_id: int) -> ResponseReturnValue:
    """Show how far a job is and what it has told."""
    with database().reading() as session:
        job = _job_or_404(job_by_id(session, job_id))
        artist = artist_by_id(session, job.artist_id) if job.artist_id is not None else None
        by = user_by_id(session, job.user_id) if job.user_id is not None else None
    return render_template(
        "admin/job.html",
        **{"job": job, "artist": artist, "by": by, "resumable": job.state in RESUMABLE},
        **{"repeatable": job.state in REPEATABLE, "standing": standing(job)},
    )


@blueprint.get("/admin/jobs/<int(max=2147483647):job_id>/standing")
@needs("admin")
def peek(job_id: int) -> ResponseReturnValue:
    """Return the part of the page that changes, for a script that asks now and then."""
    with database().reading() as session:
        job = _job_or_404(job_by_id(session, job_id))
    response = make_response(standing(job))
    response.headers["X-Job-State"] = job.state
    return response


@blueprint.get("/admin/jobs/<int(max=2147483647):job_id>/events")
@needs("admin")
def events(job_id: int) -> ResponseReturnValue:
    """Send the part of the page that changes whenever it has, as server-sent events, for a while."""
    with database().reading() as session:
        _job_or_404(job_by_id(session, job_id))
    streams = _streams()
    if not streams.free.acquire(blocking=False):
        # A browser that gets this does not come again; its script then asks now and then.
        return Response(status=204)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    answer = Response(_stream(app, database(), job_id, streams), mimetype="text/event-stream")
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


@blueprint.post("/admin/jobs/<int(max=2147483647):job_id>/cancel")
@needs("admin")
def cancel(job_id: int) -> ResponseReturnValue:
    """End a job as soon as may be."""
    return _told(job_id, lambda: asking.cancel(database(), job_id, me()), "The job is being stopped.")


@blueprint.post("/admin/jobs/<int(max=2147483647):job_id>/resume")
@needs("admin")
def resume(job_id: int) -> ResponseReturnValue:
    """Let a job go on."""
    return _told(job_id, lambda: asking.resume(database(), queue(), job_id, me()), "The job goes on.")


@blueprint.post("/admin/jobs/<int(max=2147483647):job_id>/retry")
@needs("admin")
def retry(job_id: int) -> ResponseReturnValue:
    """Do a job again."""
    return _told(job_id, lambda: asking.retry(database(), queue(), job_id, me()), "The job is done again.")


def standing(job: Job) -> str:
    """Return the part of a job's page that changes while it is worked on, as HTML."""
    kind = KINDS.get(job.kind)
    stages = kind.stages if kind else ()
    shares = {stage.name: round(100 * fraction(job, stage.name)) for stage in stages}
    silent = None
    if job.state == "running" and job.heartbeat_at is not None:
        seconds = int((now() - job.heartbeat_at).total_seconds())
        silent = seconds if seconds > 20 else None
    return render_template(
        "admin/job_standing.html",
        **{"job": job, "stages": stages, "shares": shares, "percent": percent(job), "silent": silent},
        sources=wishes.offered(),
    )


def _stream(app: Flask, source: Database, job_id: int, streams: _Streams) -> Iterator[str]:
    try:
        yield "retry: 2000\n\n"
        before, end = "", now().timestamp() + LIVE_SECONDS
        while now().timestamp() < end:
            try:
                with source.reading() as session:
                    job = job_by_id(session, job_id)
            except DatabaseError:
                return
            if job is None:
                return
            with app.app_context():
                html = standing(job)
            if html != before:
                yield f"event: standing\ndata: {json.dumps(html)}\n\n"
                before = html
            else:
                # Without anything sent, nobody would notice that the browser has gone.
                yield ": still here\n\n"
            if job.state not in LIVE:
                yield "event: over\ndata: 1\n\n"
                return
            time.sleep(_EVERY_SECONDS)
    finally:
        streams.free.release()


def _streams() -> _Streams:
    found: _Streams = current_app.extensions.setdefault(
        "gallery_job_streams", _Streams(max(1, configured().threads // 4))
    )
    return found


def _told(job_id: int, act: Callable[[], Job], done: str) -> ResponseReturnValue:
    with database().reading() as session:
        _job_or_404(job_by_id(session, job_id))
    try:
        act()
    except JobError as error:
        flash(str(error))
    else:
        flash(done)
    return redirect(url_for("jobs.show", job_id=job_id), 303)


def _job_or_404(job: Job | None) -> Job:
    if job is None:
        abort(404, "There is no such job.")
    return job
