"""The tagging view: works in the order in which a curator's word teaches most, decided by key or by form."""

from typing import Any

from flask import abort, render_template, request, url_for
from werkzeug.wrappers import Response

from gallery.accounts.identity import me, needs
from gallery.admin.tagging import blueprint
from gallery.admin.tagging.desk import answer, folder, set_or_404
from gallery.browse.reading import known_or_400, whole
from gallery.catalogue import store
from gallery.clusters.reading import titles
from gallery.forms import field
from gallery.ledger import database
from gallery.models.tagging import LONGEST_NAME, recent_acts
from gallery.tagging.deciding import decide, none_of, other
from gallery.tagging.queueing import ORDERS, queue_of

AT_ONCE = 10
_MOST_SKIPPED = 99_999


@blueprint.get("/<int:set_id>/review")
@needs("curator")
def review(set_id: int) -> str:
    """Show the next works to decide on."""
    tags = set_or_404(set_id)
    order = known_or_400(request.args.get("order", "uncertain"), ORDERS, "The queue can be ordered by")
    label, skip = request.args.get("class", ""), whole("skip", 0, 0, _MOST_SKIPPED)
    if order == "class" and label not in tags.classes:
        label = tags.classes[0]
    found = queue_of(
        database(),
        store(),
        folder(),
        set_id,
        order=order,
        label=label if order == "class" else None,
        by=me(),
        size=AT_ONCE,
        skip=skip,
    )
    with database().reading() as session:
        acts = recent_acts(session, set_id, AT_ONCE)
    mine = next((act for act in acts if act.first.user_id == me().id and act.first.undone_at is None), None)
    return render_template(
        "admin/tagging/review.html",
        tags=tags,
        queue=found,
        order=order,
        label=label,
        orders=ORDERS,
        skip=skip,
        at_once=AT_ONCE,
        mine=mine,
        called=titles(database()),
    )


@blueprint.post("/<int:set_id>/review")
@needs("curator")
def store_verdict(set_id: int) -> Response:
    """Store what a curator says of one work: the suggestion, not it, another class, or none."""
    tags = set_or_404(set_id)
    work, suggested, act = field("work", 36), field("suggested", LONGEST_NAME), field("say", LONGEST_NAME + 10)
    verb, _, name = act.partition(" ")
    if verb == "accept":
        said, told = {suggested: True}, suggested
    elif verb == "reject":
        said, told = {suggested: False}, f"not {suggested}"
    elif verb == "other":
        said, told = other(tags, suggested, name), name
    elif verb == "none":
        said, told = none_of(tags), "none of these"
    else:
        abort(400, "The form came with an act that its page does not have.")
    done = decide(database(), store(), folder(), set_id, {work: said}, me())
    args: dict[str, Any] = {key: value for key in ("order", "class", "skip") if (value := request.form.get(key))}
    page = "tagging.doubts" if request.form.get("back") == "doubts" else "tagging.review"
    back = url_for(page, set_id=set_id, **args)
    return answer(f"{told[:1].upper()}{told[1:]}.", done, back)
