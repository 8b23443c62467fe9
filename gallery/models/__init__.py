"""The tables: one module for each subject, with what is asked of it; nothing here knows about the web.

Functions take the session of `Database.reading()` or `Database.writing()` and never commit.
"""

from gallery.models.artists import Artist
from gallery.models.attempts import Attempt
from gallery.models.audit import AuditEntry
from gallery.models.base import Base
from gallery.models.clusters import ClusterCard, ClusterDecision, ClusterNote, ClusterRun
from gallery.models.corrections import Correction
from gallery.models.crops import Crop
from gallery.models.duplicates import DuplicateAct, DuplicateMerge, DuplicatePair
from gallery.models.held import HeldAct, HeldWork, PassedWork
from gallery.models.jobs import Job
from gallery.models.label_artists import LabelArtist
from gallery.models.labels import LabelCase, LabelRun
from gallery.models.quality import QualityAct, QualityFinding, QualityMeasure
from gallery.models.tagging import TagDecision, TagModel, TagSet
from gallery.models.takedowns import Takedown
from gallery.models.users import User

__all__ = [
    "Artist",
    "Attempt",
    "AuditEntry",
    "Base",
    "ClusterCard",
    "ClusterDecision",
    "ClusterNote",
    "ClusterRun",
    "Correction",
    "Crop",
    "DuplicateAct",
    "DuplicateMerge",
    "DuplicatePair",
    "HeldAct",
    "HeldWork",
    "Job",
    "LabelArtist",
    "LabelCase",
    "LabelRun",
    "PassedWork",
    "QualityAct",
    "QualityFinding",
    "QualityMeasure",
    "TagDecision",
    "TagModel",
    "TagSet",
    "Takedown",
    "User",
]
