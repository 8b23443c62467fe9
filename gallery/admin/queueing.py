"""What pages of the desk have in common: where a queue begins, what is answered to a decision, and asking for a job."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, abort, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from gallery.accounts.identity import me
from gallery.admin.premises import checked_id
from gallery.errors import JobError
from gallery.forms import from_script, number_sent
from gallery.jobs.asking import ask_for
from gallery.jobs.holding import queue
from gallery.ledger import database
from gallery.models.keyset import Place

_BY_ID, _BY_HASH = re.compile(r"[0-9]{1,9}"), re.compile(r"[0-9a-f]{64}")


def place_asked(*, by_hash: bool = False) -> Place | None:
    """Return the place behind which the page begins, which is an entry's id or a work's sha256; else answer 400."""
    text = request.args.get("after")
    if text is None:
        return None
    rank, _, key = text.partition("~")
    if not (_BY_HASH if by_hash else _BY_ID).fullmatch(key):
        abort(400, "'after' is not a place of this list.")
    return Place(number_in(rank, "after"), key if by_hash else int(key))


def place_text(place: Place) -> str:
    """Return a place as it stands in an address."""
    return f"{place.rank!r}~{place.key}"


def number_in(text: str, name: str) -> float:
    """Return the number that a field or an address holds, or answer 400."""
    try:
        value = float(text) if text.isascii() and len(text) <= 24 else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        abort(400, f"{name!r} must be a number.")
    return value


def act_sent() -> int:
    """Return the act that a form takes back, or answer 400 or 404."""
    return checked_id(number_sent("act"))


def refuses(blueprint: Blueprint, *errors: type[Exception]) -> None:
    """Answer these errors with their sentence: above the blueprint's `index`, or to its script with 409."""

    def refused(error: Exception) -> ResponseReturnValue:
        if from_script():
            return jsonify(said=str(error)), 409
        flash(str(error))
        return redirect(url_for(f"{blueprint.name}.index"), 303)

    for each in errors:
        blueprint.register_error_handler(each, refused)


def decided(said: str, act: int, back: str) -> ResponseReturnValue:
    """Answer that an act was done, which can be taken back: to a script, or above the page at `back`."""
    if from_script():
        return jsonify(said=said, act=act)
    flash(f"{said.rstrip('.')}. It can be taken back below the list.")
    return redirect(back, 303)


def taken_back(said: str, back: str) -> ResponseReturnValue:
    """Answer that an act was taken back."""
    if from_script():
        return jsonify(said=said)
    flash(said)
    return redirect(back, 303)


def ask_and_go(
    kind: str, asked: Mapping[str, Any], back: str, said: str = "Asked for: what is found appears here."
) -> ResponseReturnValue:
    """Ask for a job and go to its page, or for whoever may not see that to the page at `back`."""
    try:
        job = ask_for(database(), queue(), kind, asked, by=me())
    except JobError as error:
        flash(str(error))
        return redirect(back, 303)
    if me().may("admin"):
        return redirect(url_for("jobs.show", job_id=job.id), 303)
    flash(said)
    return redirect(back, 303)


def ask_from(page: Callable[[str | None], str], kind: str) -> ResponseReturnValue:
    """Ask for a job about all works and go to it; where that is refused, answer 409 with the page that says why."""
    try:
        job = ask_for(database(), queue(), kind, {"name": "all works"}, by=me())
    except JobError as error:
        return page(str(error)), 409
    return redirect(url_for("jobs.show", job_id=job.id), 303)
