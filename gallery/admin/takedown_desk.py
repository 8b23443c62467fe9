"""Requests to take works down: the queue, the decisions, and what was decided."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from gallery.accounts.identity import me, needs
from gallery.admin.premises import changes_works, checked_id, house
from gallery.admin.queueing import refuses
from gallery.browse.reading import page_number
from gallery.browse.takedown import RELATIONS
from gallery.errors import TakedownSettled, UnknownTakedown
from gallery.holdings import takedowns
from gallery.holdings.finding import shown
from gallery.ledger import database
from gallery.models.takedowns import open_requests, settled_takedowns
from gallery.problems import tell

blueprint = Blueprint("takedown_desk", __name__)
changes_works(blueprint)
refuses(blueprint, TakedownSettled)
tell(blueprint, 404, UnknownTakedown)

SIZE = 30


@blueprint.get("/admin/takedowns")
@needs("curator")
def index() -> ResponseReturnValue:
    """Show the queue, oldest first, and what was decided, newest first."""
    number = page_number()
    with database().reading() as session:
        waiting = open_requests(session) if number == 1 else []
        settled = settled_takedowns(session, number, SIZE)
    if number > 1 and not settled:
        abort(404, "There is no such page here.")
    works = shown(house(), [each.sha256 for each in waiting])
    return render_template(
        "admin/takedowns.html",
        **{"waiting": waiting, "works": works, "settled": settled[:SIZE]},
        **{"number": number, "more": len(settled) > SIZE, "relations": RELATIONS},
    )


@blueprint.post("/admin/takedowns/<int:takedown_id>/accept")
@needs("curator")
def accept(takedown_id: int) -> ResponseReturnValue:
    """Take the work down."""
    done = takedowns.take_down(house(), checked_id(takedown_id), me())
    return _back(f"{done.label} has been taken down.")


@blueprint.post("/admin/takedowns/<int:takedown_id>/refuse")
@needs("curator")
def refuse(takedown_id: int) -> ResponseReturnValue:
    """Let the work be."""
    done = takedowns.refuse(house(), checked_id(takedown_id), me())
    return _back(f"The request about {done.label} has been refused.")


@blueprint.post("/admin/takedowns/<int:takedown_id>/lift")
@needs("admin")
def lift(takedown_id: int) -> ResponseReturnValue:
    """Let a work come back."""
    done = takedowns.lift(house(), checked_id(takedown_id), me())
    return _back(f"{done.label} may come back. The next collecting or import that finds it brings it.")


def _back(said: str) -> ResponseReturnValue:
    flash(said)
    return redirect(url_for("takedown_desk.index"), 303)
