"""What the driver of the Qdrant server raises, and what it means."""

import json

import grpc
from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

FAULTS = (ApiException, QdrantException, grpc.RpcError)
"""Everything that is the server's or the network's doing."""

_PASSING_STATUS = {429, 502, 503, 504}
_PASSING_CODES = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED}
_LONGEST = 300


def is_passing(error: Exception) -> bool:
    """Tell whether asking again may help."""
    if isinstance(error, UnexpectedResponse):
        return error.status_code in _PASSING_STATUS
    if isinstance(error, grpc.RpcError):
        return _code(error) in _PASSING_CODES
    return isinstance(error, ResponseHandlingException | ResourceExhaustedResponse)


def is_not_found(error: Exception) -> bool:
    """Tell whether the server knows no such collection or point."""
    return _is(error, 404, grpc.StatusCode.NOT_FOUND)


def is_conflict(error: Exception) -> bool:
    """Tell whether what should be created is there already."""
    return _is(error, 409, grpc.StatusCode.ALREADY_EXISTS)


def sentence(error: Exception) -> str:
    """Return what happened in a few words; what the server says is cut short."""
    if isinstance(error, UnexpectedResponse):
        return _refusal(error.status_code, error.reason_phrase, _detail(error.content))
    if isinstance(error, ResponseHandlingException):
        return f"no answer ({str(error.source) or type(error.source).__name__})"[:_LONGEST]
    if isinstance(error, grpc.RpcError):
        code = _code(error)
        return f"no answer ({code.name if code else error})"[:_LONGEST]
    return f"no answer ({error})"[:_LONGEST]


def _is(error: Exception, status: int, code: grpc.StatusCode) -> bool:
    if isinstance(error, UnexpectedResponse):
        return error.status_code == status
    return isinstance(error, grpc.RpcError) and _code(error) == code


def _code(error: grpc.RpcError) -> grpc.StatusCode | None:
    # The errors of calls carry their code; the base class itself does not.
    code = getattr(error, "code", None)
    return code() if callable(code) else None


def _refusal(status: int | None, reason: str, detail: str) -> str:
    if status in (401, 403):
        return f"the server answered {status} {reason}: GALLERY_QDRANT_API_KEY is wrong or missing"
    return f"the server answered {status} {reason}{': ' if detail else ''}{detail}"[:_LONGEST]


def _detail(content: bytes) -> str:
    try:
        return str(json.loads(content)["status"]["error"])
    except (ValueError, LookupError, TypeError):
        return ""
