"""Labels to look at again: those that models which had not seen them contradict, and those curators differ on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import render_template

from gallery.accounts.identity import needs
from gallery.admin.tagging import blueprint
from gallery.admin.tagging.desk import set_or_404
from gallery.catalogue import works_by_id
from gallery.ledger import database
from gallery.models.tagging import TagDecision, latest_model, standing
from gallery.models.users import all_users
from gallery.tagging.truth import agreement_of
from indexer.store.model import Artwork, artwork_id

_MOST = 30


@dataclass(frozen=True, slots=True)
class Doubt:
    """A labelled work, and what speaks against its label."""

    work: Artwork
    label: str
    present: bool
    rather: str
    probability: float


@blueprint.get("/<int:set_id>/doubts")
@needs("curator")
def doubts(set_id: int) -> str:
    """Show suspicious labels, the worst first, and the works that curators differ on."""
    tags = set_or_404(set_id)
    with database().reading() as session:
        model, decided = latest_model(session, set_id), standing(session, set_id)
        names = {user.id: user.name for user in all_users(session)}
    suspected = model.metrics["suspects"] if model else []
    newest = _newest(decided)
    open_ = [each for each in suspected if newest.get(each["work"], 0) <= (model.last_decision if model else 0)]
    shown = [each for each in open_[:_MOST] if each["work"] in newest]
    disputed = {artwork_id(sha256): by for sha256, by in list(agreement_of(tags, decided).disputed.items())[:_MOST]}
    # Some may have been removed since they were labelled.
    works = works_by_id([*(each["work"] for each in shown), *disputed])
    return render_template(
        "admin/tagging/doubts.html",
        tags=tags,
        model=model,
        left=len(open_),
        doubts=[_doubt(works[each["work"]], each) for each in shown if each["work"] in works],
        disputed=[(works[work], by) for work, by in disputed.items() if work in works],
        names=names,
    )


def _newest(decided: Iterable[TagDecision]) -> Mapping[str, int]:
    """Return the last decision about each work, by the ids of both."""
    return {artwork_id(each.sha256): each.id for each in decided}


def _doubt(work: Artwork, each: dict[str, Any]) -> Doubt:
    return Doubt(work, each["label"], each["present"], each["rather"], each["probability"])
