"""What the pages of the desk share: the navigation above each of them, and how moments are written."""

from datetime import UTC, datetime
from typing import NamedTuple

from flask import Flask

from gallery.accounts.identity import current_user
from gallery.models.users import Role


class DeskPage(NamedTuple):
    """An entry of the navigation, shown to whoever may open it."""

    endpoint: str
    label: str
    role: Role


# A page of the desk is added here; the blueprint's pages below it keep the entry marked.
_REVIEW = (
    DeskPage("next_desk.show", "Next", "curator"),
    DeskPage("duplicate_desk.index", "Duplicates", "curator"),
    DeskPage("held_desk.index", "Held", "curator"),
    DeskPage("label_desk.index", "Labels", "curator"),
    DeskPage("quality_desk.index", "Quality", "curator"),
    DeskPage("cluster_review.index", "Clusters", "curator"),
    DeskPage("tagging.index", "Tags", "curator"),
    DeskPage("takedown_desk.index", "Takedowns", "curator"),
)
_CARE = (
    DeskPage("dashboard.show", "Overview", "curator"),
    DeskPage("artist_desk.index", "Artists", "admin"),
    DeskPage("new_artist.form", "Add an artist", "admin"),
    DeskPage("report_desk.latest", "Report", "curator"),
    DeskPage("export_desk.index", "Exports", "admin"),
    DeskPage("map_desk.show", "Map", "admin"),
    DeskPage("lens_desk.show", "Lenses", "admin"),
    DeskPage("projector.show", "Projector", "admin"),
    DeskPage("jobs.index", "Jobs", "admin"),
    DeskPage("audit.show", "Audit log", "admin"),
)
NAVIGATION = (_CARE, _REVIEW)


def init_app(app: Flask) -> None:
    """Give templates `desk_pages()`, `desk_rows()` and the filters `moment` and `machine_time`."""
    app.add_template_global(desk_pages)
    app.add_template_global(desk_rows)
    app.add_template_filter(moment)
    app.add_template_filter(machine_time)


def desk_rows() -> list[list[DeskPage]]:
    """Return the pages that whoever is signed in may open: those to look after the gallery, then the queues."""
    user = current_user()
    return [[page for page in row if user and user.may(page.role)] for row in NAVIGATION]


def desk_pages() -> list[DeskPage]:
    """Return the same pages in one row."""
    return [page for row in desk_rows() for page in row]


def moment(at: datetime) -> str:
    """Return a moment as people read it, in UTC, e.g. "3 Mar 2026, 14:05"."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M}"


def machine_time(at: datetime) -> str:
    """Return a moment as the `datetime` attribute of a `<time>` has it."""
    return at.astimezone(UTC).isoformat(timespec="seconds")
