"""The audit log: who did what, and when."""

from flask import Blueprint, render_template

from gallery.accounts.identity import needs
from gallery.browse.reading import page_number
from gallery.catalogue import last_page
from gallery.ledger import database
from gallery.models.audit import audit_page

blueprint = Blueprint("audit", __name__)

SIZE = 50


@blueprint.get("/admin/audit")
@needs("admin")
def show() -> str:
    """Show a page of the log, newest first."""
    number = page_number()
    with database().reading() as session:
        page = audit_page(session, number, SIZE)
    last = last_page(number, page.total, SIZE)
    return render_template("admin/audit.html", entries=page.entries, number=number, last=last, total=page.total)
