"""What to look at next over all queues of the desk, and what the last hour of review was worth."""

from typing import NamedTuple

from flask import Blueprint, render_template

from gallery.accounts.identity import needs
from gallery.admin.premises import house
from gallery.ledger import database
from gallery.review.hour import Hour, Interval, last_hour, learnings
from gallery.review.queues import stocks
from gallery.review.worth import ranking

blueprint = Blueprint("next_desk", __name__)

_STEPS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99)


class Row(NamedTuple):
    """One line of the plot: an estimate before and after the hour."""

    name: str
    before: Interval | None
    after: Interval | None


@blueprint.get("/admin/next")
@needs("curator")
def show() -> str:
    """Rank all queues by the errors that a minute finds in each, and show what the last hour removed."""
    found = stocks(house())
    hour = last_hour(found, learnings(database()))
    rows = _rows(hour) if hour else []
    return render_template("admin/next.html", ranking=ranking(found), hour=hour, rows=rows, begin=_begin(rows))


def _rows(hour: Hour) -> list[Row]:
    found = [Row(gain.name, gain.before, gain.after) for gain in hour.gains]
    return found + [Row(f"Tags: {each.name}", each.before, each.after) for each in hour.learnt]


def _begin(rows: list[Row]) -> float:
    """Return the share at which the plot begins: the last round one below all that it shows."""
    least = min((each[0] for row in rows for each in (row.before, row.after) if each), default=0.0)
    return max(step for step in _STEPS if step <= least)
