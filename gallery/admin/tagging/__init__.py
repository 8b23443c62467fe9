"""Curators' tag sets on the desk: defining, labelling, learning, applying, reviewing."""

from flask import Blueprint

blueprint = Blueprint("tagging", __name__, url_prefix="/admin/tagging")

# They hang their pages on it.
from gallery.admin.tagging import doubts, grid, models, review, sets  # noqa: E402, F401
