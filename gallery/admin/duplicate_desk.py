"""Duplicates for curators: the queue of pairs, one pair side by side, groups, bulk acceptance, undo and the trash."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gallery.accounts.identity import me, needs
from gallery.admin.premises import changes_works, checked_id, house, index_again
from gallery.admin.queueing import (
    act_sent,
    ask_and_go,
    decided,
    number_in,
    place_asked,
    place_text,
    refuses,
    taken_back,
)
from gallery.browse.reading import known_or_400
from gallery.catalogue import store
from gallery.duplicates import deciding
from gallery.duplicates.carrying import carry_out
from gallery.duplicates.keeping import merged, suggest
from gallery.errors import DuplicateRefused
from gallery.forms import field
from gallery.holdings.finding import shown
from gallery.ledger import database
from gallery.models.duplicates import (
    KINDS,
    DuplicatePair,
    Verdict,
    close_pairs,
    count_open,
    count_trash,
    last_groups,
    open_pairs,
    pair_by_id,
    recent_acts,
)
from gallery.models.duplicates import trash as in_the_trash
from gallery.wording import counted
from indexer.duplicates.grouping import complete_groups
from indexer.duplicates.pairs import Kind
from indexer.store.model import Artwork, artwork_id

blueprint = Blueprint("duplicate_desk", __name__)
changes_works(blueprint)
refuses(blueprint, DuplicateRefused)

SIZE = 20
_LISTED = 30
_MOST_GROUPED = 5000
LEAST: dict[Kind, float] = {"exact": 1.0, "near": 0.95, "part": 0.95, "alike": 0.97}


@blueprint.get("/admin/duplicates")
@needs("curator")
def index() -> ResponseReturnValue:
    """Show the pairs that wait, the surest first."""
    carry_out(house())
    asked, after = request.args.get("kind"), place_asked()
    kind = known_or_400(asked, KINDS, "The kind must be") if asked else None
    with database().reading() as session:
        counts = count_open(session)
        found = list(open_pairs(session, SIZE + 1, kind=kind, after=after))
        acts, in_trash = recent_acts(session, _LISTED), count_trash(session)
    pairs, works = _shown(found[:SIZE])
    return render_template(
        "admin/duplicates/index.html",
        pairs=pairs,
        works=works,
        suggestions={pair.id: suggest([works[pair.one], works[pair.other]]) for pair in pairs},
        following=place_text(found[SIZE - 1].place) if len(found) > SIZE else None,
        **{"counts": counts, "kind": kind, "kinds": KINDS, "acts": acts, "trash": in_trash, "began": after is None},
    )


@blueprint.get("/admin/duplicates/<int:pair_id>")
@needs("curator")
def show(pair_id: int) -> ResponseReturnValue:
    """Show one pair side by side with everything that helps to decide."""
    with database().reading() as session:
        pair = pair_by_id(session, checked_id(pair_id))
        group = deciding.group_around(session, pair.one) if pair else []
        after = open_pairs(session, 1, after=pair.place) if pair else []
    if pair is None:
        abort(404, "There is no such pair.")
    works = shown(house(), (pair.one, pair.other))
    if len(works) < 2:
        abort(404, "One of the two works is not shown at the moment: it was merged, hidden or removed.")
    suggestion = suggest(list(works.values()))
    other = next(work for work in works.values() if work != suggestion.work)
    return render_template(
        "admin/duplicates/pair.html",
        pair=pair,
        sides=[suggestion.work, other],
        suggestion=suggestion,
        taken=merged(suggestion.work, [other], "same-file")[0],
        following=after[0].id if after else None,
        group=len(group),
        cosine=_cosine(pair),
    )


@blueprint.post("/admin/duplicates/<int:pair_id>")
@needs("curator")
def decide(pair_id: int) -> ResponseReturnValue:
    """Give a pair its verdict, and go on to the next."""
    keeper, said = field("keeper", 64, default=""), field("verdict", 16)
    with database().reading() as session:
        pair = pair_by_id(session, checked_id(pair_id))
        after = open_pairs(session, 1, after=pair.place) if pair else []
    if pair is None:
        abort(404, "There is no such pair.")
    act = deciding.give_verdict(house(), pair_id, said, me(), keeper=keeper, both="both" in request.form)
    onward = "onward" in request.form and after
    back = url_for("duplicate_desk.show", pair_id=after[0].id) if onward else url_for("duplicate_desk.index")
    return decided(_SAID.get(said, said), act, back)


@blueprint.get("/admin/duplicates/groups")
@needs("curator")
def groups() -> str:
    """Show groups of three works or more that are all alike, among the surest pairs."""
    with database().reading() as session:
        pairs = last_groups(session, _MOST_GROUPED)
    found = [group for group in complete_groups(pairs) if len(group) > 2][:_LISTED]
    works = shown(house(), [sha256 for group in found for sha256 in group])
    whole = [[works[sha256] for sha256 in group] for group in found if works.keys() >= set(group)]
    return render_template("admin/duplicates/groups.html", groups=[(suggest(group), group) for group in whole])


@blueprint.post("/admin/duplicates/groups")
@needs("curator")
def accept_group() -> ResponseReturnValue:
    """Merge a group into the work that stands for it."""
    works, keeper = request.form.getlist("work"), field("keeper", 64)
    if not 2 <= len(works) <= 100 or any(len(work) != 64 for work in works):
        abort(400, "A group has from 2 to 100 works.")
    verdict: Verdict = "same-file" if field("verdict", 16) == "same-file" else "same-work"
    plan = deciding.plan_group(house(), works, verdict, keeper)
    if not plan.pairs:
        raise DuplicateRefused("This group has been decided about already.")
    deciding.accept(house(), plan, me())
    flash(f"Merged: {plan.gone} to the trash. It can be taken back on the page of all pairs.")
    return redirect(url_for("duplicate_desk.groups"), 303)


@blueprint.get("/admin/duplicates/bulk")
@needs("curator")
def overview() -> ResponseReturnValue:
    """Show what accepting many pairs at once will do."""
    return _overview(None)


@blueprint.post("/admin/duplicates/bulk")
@needs("curator")
def accept() -> ResponseReturnValue:
    """Accept what the overview showed; show it again if it is not the same any more."""
    kind, least = _bulk()
    plan = deciding.plan_bulk(house(), kind, least)
    if field("mark", 60) != plan.mark:
        return _overview("The queue has changed since. This is what accepting does now."), 409
    if plan.pairs:
        deciding.accept(house(), plan, me())
    flash(f"{len(plan.pairs)} pairs accepted, {plan.gone} works to the trash. It can be taken back below.")
    return redirect(url_for("duplicate_desk.index"), 303)


@blueprint.post("/admin/duplicates/undo")
@needs("curator")
def undo() -> ResponseReturnValue:
    """Take an act back as a whole."""
    deciding.undo(house(), act_sent(), me())
    return taken_back("Taken back. " + index_again(), url_for("duplicate_desk.index"))


@blueprint.get("/admin/duplicates/trash")
@needs("curator")
def trash() -> str:
    """Show what merging took from view."""
    with database().reading() as session:
        merges, total = in_the_trash(session, _LISTED), count_trash(session)
    keepers = shown(house(), [merge.keeper for merge in merges])
    return render_template("admin/duplicates/trash.html", merges=merges, total=total, keepers=keepers)


@blueprint.post("/admin/duplicates/trash")
@needs("admin")
def empty() -> ResponseReturnValue:
    """Delete for good what is in the trash."""
    gone = deciding.empty_trash(house(), me())
    flash(f"{counted(gone, 'work')} deleted for good.")
    return redirect(url_for("duplicate_desk.trash"), 303)


@blueprint.post("/admin/duplicates/look")
@needs("curator")
def look() -> ResponseReturnValue:
    """Have the whole collection looked through."""
    return ask_and_go("duplicates", {"name": "all works"}, url_for("duplicate_desk.index"))


_SAID = {
    "same-file": "Same file: merged",
    "same-work": "Same work",
    "variant": "Variant: both stay",
    "detail": "Detail: both stay",
    "different": "Different: never asked again",
}


def _overview(problem: str | None) -> str:
    kind, least = _bulk()
    plan = deciding.plan_bulk(house(), kind, least)
    taken = [
        sorted({name for fields in merged(suggestion.work, others, plan.verdict) for name in fields})
        for suggestion, others in plan.groups[:_LISTED]
    ]
    return render_template(
        "admin/duplicates/bulk.html",
        **{"plan": plan, "kind": kind, "kinds": KINDS, "least": least, "error": problem},
        rows=list(zip(plan.groups[:_LISTED], taken, strict=True)),
        most=deciding.MOST_AT_ONCE,
    )


def _bulk() -> tuple[Kind, float]:
    kind = known_or_400(request.values.get("kind", "exact"), KINDS, "The kind must be")
    return kind, number_in(request.values.get("least", str(LEAST[kind])), "least")


def _shown(pairs: list[DuplicatePair]) -> tuple[list[DuplicatePair], dict[str, Artwork]]:
    """Return the pairs whose works are both shown, with these; others leave the queue till they are found again."""
    works = shown(house(), [work for pair in pairs for work in (pair.one, pair.other)])
    gone = [pair.id for pair in pairs if not works.keys() >= {pair.one, pair.other}]
    if gone:
        with database().writing() as session:
            close_pairs(session, gone)
    return [pair for pair in pairs if pair.id not in gone], works


def _cosine(pair: DuplicatePair) -> float:
    one, other = store().vectors([artwork_id(pair.one), artwork_id(pair.other)])
    return float(one @ other)
