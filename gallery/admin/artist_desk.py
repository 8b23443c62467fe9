"""Artists for admins: all of them with their works and runs, and one with everything that can be done about it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gallery.accounts.identity import me, needs
from gallery.admin.premises import artist_or_404, changes_works, house, index_again
from gallery.browse.reading import LONGEST_WORDS, known_or_400, page_number
from gallery.catalogue import last_page, store
from gallery.errors import ArtistBusy, JobError
from gallery.forms import field
from gallery.holdings import editing, removal
from gallery.holdings.finding import unconfirmed, works_by
from gallery.holdings.repair import register
from gallery.jobs import asking, wishes
from gallery.jobs.holding import queue
from gallery.ledger import database
from gallery.models.artists import Artist, all_artists
from gallery.models.base import rows_by_id
from gallery.models.jobs import Job, last_asked, last_runs, live_job
from gallery.wording import counted
from scraper.choosing import switched_on
from scraper.names import slug
from scraper.settings import ScraperSettings
from scraper.withdrawn import WithdrawnFile

blueprint = Blueprint("artist_desk", __name__)
changes_works(blueprint)

SIZE = 50
SORTS = {"name": "Name", "works": "Most works", "run": "Last collected"}
RUNS = ("scrape", "upload")
# So many more than there are is looked for when somebody asks for what is new.
_FURTHER = 60


@dataclass(frozen=True, slots=True)
class Row:
    """An artist as the list shows them; `run` is the id of the last job that collected, 0 for none."""

    artist: Artist
    works: int
    run: int


@blueprint.get("/admin/artists")
@needs("admin")
def index() -> ResponseReturnValue:
    """List artists; those whose works came by the command line are put on file by it."""
    number, words = page_number(), request.args.get("q", "").strip()
    sort = known_or_400(request.args.get("sort", "name"), SORTS, "Artists can be sorted by")
    if len(words) > LONGEST_WORDS:
        abort(400, f"'q' is too long: {LONGEST_WORDS} characters at most.")
    works = register(database(), store())
    with database().reading() as session:
        runs = last_runs(session, RUNS)
        rows = [Row(each, works.get(each.slug, 0), runs.get(each.id, 0)) for each in all_artists(session)]
        found = sorted((row for row in rows if _matches(row.artist, words)), key=_order(sort))
        shown = found[(number - 1) * SIZE : number * SIZE]
        jobs = rows_by_id(session, Job, (row.run for row in shown if row.run))
    last = last_page(number, len(found), SIZE)
    return render_template(
        "admin/artists.html",
        **{"rows": shown, "total": len(found), "jobs": jobs, "number": number, "last": last},
        **{"sort": sort, "sorts": SORTS, "words": words},
    )


@blueprint.get("/admin/artists/<int:artist_id>")
@needs("admin")
def show(artist_id: int) -> ResponseReturnValue:
    """Show what is on file of an artist, and what can be done."""
    artist = artist_or_404(artist_id)
    return _page(artist, editing.typed_again(artist))


@blueprint.post("/admin/artists/<int:artist_id>")
@needs("admin")
def save(artist_id: int) -> ResponseReturnValue:
    """Store the facts of an artist; nothing but the form's fields is taken."""
    artist = artist_or_404(artist_id)
    typed = {name: field(name, editing.LONGEST.get(name, 1000), default="") for name in editing.FACTS}
    try:
        editing.edit(house(), artist.id, editing.facts_from(typed, artist.slug), me())
    except JobError as error:
        return _page(artist, typed, error)
    return _back(artist, "Saved.")


@blueprint.post("/admin/artists/<int:artist_id>/hide")
@needs("admin")
def hide(artist_id: int) -> ResponseReturnValue:
    """Take all works of an artist from view."""
    artist = artist_or_404(artist_id)
    removal.hide_artist(house(), artist.id, me())
    return _back(artist, "Hidden: no visitor sees a work of this artist now.")


@blueprint.post("/admin/artists/<int:artist_id>/show")
@needs("admin")
def unhide(artist_id: int) -> ResponseReturnValue:
    """Let the works of a hidden artist be shown again."""
    artist = artist_or_404(artist_id)
    removal.show_artist(house(), artist.id, me())
    return _back(artist, "No longer hidden. " + index_again())


@blueprint.post("/admin/artists/<int:artist_id>/collect")
@needs("admin")
def collect(artist_id: int) -> ResponseReturnValue:
    """Look for what is new of an artist, as was asked for the last time."""
    artist = artist_or_404(artist_id)
    try:
        wanted = wishes.limit(field("limit", 40))
        with database().reading() as session:
            before = last_asked(session, artist.id, "scrape")
        asked = _asked(artist, before) | {"limit": wanted}
        job = asking.ask_for(database(), queue(), "scrape", asked, by=me(), artist=artist)
    except JobError as error:
        return _page(artist, editing.typed_again(artist), error)
    if "deleted" in request.form:
        removal.allow_again(house(), artist, me())
    return redirect(url_for("jobs.show", job_id=job.id), 303)


@blueprint.get("/admin/artists/<int:artist_id>/delete")
@needs("admin")
def confirm(artist_id: int) -> ResponseReturnValue:
    """Say what goes with an artist, before it goes."""
    return _confirmation(artist_or_404(artist_id))


@blueprint.post("/admin/artists/<int:artist_id>/delete")
@needs("admin")
def delete(artist_id: int) -> ResponseReturnValue:
    """Delete an artist with all works."""
    artist = artist_or_404(artist_id)
    try:
        gone = removal.delete_artist(house(), artist.id, me())
    except ArtistBusy as error:
        return _confirmation(artist, error)
    flash(f"{artist.name} has been deleted with {counted(gone, 'work')}.")
    return redirect(url_for("artist_desk.index"), 303)


def _page(artist: Artist, typed: dict[str, str], error: JobError | None = None) -> ResponseReturnValue:
    works = works_by(house(), artist.slug)
    withdrawn = WithdrawnFile(house().library).now()
    gone = [each for each in withdrawn.entries if each.artist == artist.slug and each.why == "deleted" and not each.of]
    with database().reading() as session:
        live = live_job(session, artist.id)
        ran = last_asked(session, artist.id, "scrape")
    values = {
        "artist": artist,
        "typed": typed,
        "works": len(works),
        "hidden_works": sum(held is not None for held in map(withdrawn.of, works)),
        "deleted": gone,
        "unconfirmed": unconfirmed(house(), artist.slug),
        "live": live,
        "ran": ran,
        "limit": min(wishes.MOST_WORKS, len(works) + _FURTHER),
        "sources": _asked(artist, ran)["sources"],
        "error": error,
    }
    return render_template("admin/artist.html", **values), 422 if error else 200


def _confirmation(artist: Artist, error: ArtistBusy | None = None) -> ResponseReturnValue:
    works = len(works_by(house(), artist.slug))
    return render_template("admin/artist_delete.html", artist=artist, works=works, error=error), 409 if error else 200


def _asked(artist: Artist, before: Job | None) -> dict[str, Any]:
    on = switched_on(ScraperSettings())
    offered = {name: site for name, site in wishes.offered().items() if name in on}
    if before is not None:
        asked = dict(before.asked)
        asked["sources"] = [name for name in asked.get("sources", []) if name in offered]
        if asked["sources"] or asked.get("pages"):
            return asked | {"name": artist.name}
    sources = [name for name, site in offered.items() if site.default_on]
    known = {"aliases": list(artist.aliases), "wikidata": artist.wikidata}
    return {"name": artist.name, "sources": sources, "pages": [], **known}


def _matches(artist: Artist, words: str) -> bool:
    if not words:
        return True
    wanted = slug(words)
    return any(wanted in slug(name) for name in [artist.name, *artist.aliases]) or wanted in artist.slug


def _order(sort: str) -> Callable[[Row], tuple[Any, ...]]:
    if sort == "works":
        return lambda row: (-row.works, row.artist.slug)
    return (lambda row: (-row.run, row.artist.slug)) if sort == "run" else lambda row: (row.artist.slug,)


def _back(artist: Artist, said: str) -> ResponseReturnValue:
    flash(said)
    return redirect(url_for("artist_desk.show", artist_id=artist.id), 303)
