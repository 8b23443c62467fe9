"""What is found of suspicious labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Field = Literal["artist", "movement", "year"]
Reason = Literal["alike", "outlier", "far", "impossible"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A label to look at again; the stronger, the likelier it is wrong, comparable over all fields.

    `stated` is what the work says now, `suggested` what it is rather, None if nobody knows. `evidence` are plain JSON
    values: probabilities in words of the desk, and the works that prove it by sha256.
    """

    sha256: str
    field: Field
    stated: str
    suggested: str | None
    reason: Reason
    strength: float
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of a field, and what could not be judged, in a sentence."""

    findings: Sequence[Finding]
    judged: int
    remark: str | None = None
