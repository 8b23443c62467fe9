"""What the pages of tag sets share: the set or 404, where models lie, answers to forms and to the keyboard script."""

from pathlib import Path
from typing import Any

from flask import abort, flash, jsonify, redirect
from werkzeug.wrappers import Response

from gallery.configured import configured
from gallery.forms import field, from_script
from gallery.ledger import database
from gallery.models.jobs import LIVE, Job, job_page
from gallery.models.tagging import TagSet, tag_set

_LOOKED_AT = 20


def set_or_404(set_id: int) -> TagSet:
    """Return the set, or answer 404."""
    with database().reading() as session:
        found = tag_set(session, set_id)
    if found is None:
        abort(404, "There is no such tag set. It may have been removed.")
    return found


def folder() -> Path:
    """Return where models lie."""
    return configured().models_dir


def lines(name: str, longest: int) -> list[str]:
    """Return the lines of a text field."""
    return field(name, longest).splitlines()


def answer(said: str, act: str, back: str) -> Response | Any:
    """Answer the keyboard script in JSON, and a plain form with the page it goes back to."""
    if from_script():
        return jsonify(said=said, act=act)
    flash(said)
    return redirect(back, 303)


def last_job(set_id: int, kind: str) -> Job | None:
    """Return the last job of a kind that was asked for this set."""
    with database().reading() as session:
        jobs = job_page(session, 1, _LOOKED_AT, None, kind).jobs
    return next((job for job in jobs if job.asked.get("set") == set_id), None)


def waits(*jobs: Job | None) -> bool:
    """Tell whether any of these is still to be done."""
    return any(job is not None and job.state in LIVE for job in jobs)
