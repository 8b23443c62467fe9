"""Why a search by a picture has no answer, in words for whoever sent it, with the status that says as much."""

from gallery.errors import TooManyAttempts, WebBusy
from indexer.lookup.errors import LookupBusy
from scraper.errors import Blocked, ConfigError, FetchError, PictureError, Refused, Unavailable

RETRY_SECONDS = 5

_FORMATS = "JPEG, PNG, GIF, WebP, AVIF, BMP and TIFF"
PICTURES = {
    "not-a-picture": (415, f"This is not a picture that can be read here: {_FORMATS} can."),
    "unsupported": (415, "This kind of picture cannot be read here. Save it as JPEG or PNG and try again."),
    "too-many-pixels": (422, "This picture has too many pixels. Make it smaller and try again."),
    "too-small": (422, "This picture is too small: its short side must be 32 pixels at least."),
    "too-long": (422, "This picture is too long and narrow to be compared with works. Send a part of it."),
    "too-slow": (422, "Reading this picture took too long. Save it as JPEG and try again."),
}
_DAMAGED = (422, "This picture is damaged or cut short. Save it anew and try again.")


class PictureRefused(Exception):
    """What was sent cannot be searched by; the message is for whoever sent it."""

    def __init__(self, status: int, sentence: str) -> None:
        self.status = status
        super().__init__(sentence)


def refusal(problem: Exception) -> tuple[int, str, int | None]:
    """Return the status for what went wrong, the sentence, and after how many seconds another try makes sense."""
    match problem:
        case PictureRefused():
            return problem.status, str(problem), None
        case PictureError():
            return *PICTURES.get(problem.kind, _DAMAGED), None
        case TooManyAttempts():
            return 429, "You have searched by pictures very often. Please wait a little.", problem.wait
        case LookupBusy() | WebBusy():
            return 503, "Many pictures are being looked at just now. Please try again in a few seconds.", RETRY_SECONDS
    return _of_the_web(problem) or (503, "Pictures cannot be looked at just now. Please try again later.", None)


def _of_the_web(problem: Exception) -> tuple[int, str, int | None] | None:
    match problem:
        case ConfigError():
            return 422, "This gallery fetches no pictures from other sites. Save the picture and send it.", None
        case Refused():
            return 422, "This address cannot be visited from here: it must be a public one, by http or https.", None
        case Blocked():
            return 422, "That site does not let programs fetch this picture. Save it and send it yourself.", None
        case Unavailable():
            return 422, "That site does not answer, or too slowly. Save the picture and send it yourself.", None
        case FetchError() if problem.reason.startswith("larger than") or "more than" in problem.reason:
            return 413, "The picture at this address is too large.", None
        case FetchError():
            return 422, "There is no picture at this address.", None
    return None
