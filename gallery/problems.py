"""Turn what went wrong into a page that says so plainly; details for the operator go to the log."""

from flask import Blueprint, Flask, Response, current_app, make_response, render_template, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from gallery.errors import DatabaseError, SigningInClosed
from gallery.wording import sentence
from indexer.errors import StoreError, StoreMissing

# No form is longer; whatever is larger is not meant for us.
MOST_BYTES = 64 * 1024
_LARGE, _OPEN = "gallery_large_bodies", "gallery_open_bodies"
RETRY_SECONDS = 30

PROBLEMS = {
    400: ("This request makes no sense", "Check the address, or begin again from the front page."),
    403: ("This room is closed to you", "It is for those who look after the gallery."),
    404: ("Nothing hangs here", "The address may be mistyped, or the work may have been taken down."),
    405: ("That cannot be done here", "The page does not take such a request. Go back and use its links and buttons."),
    413: ("That is too much", f"A request may carry at most {MOST_BYTES // 1024} KB."),
    500: ("Something broke", "It has been written to the site's log. Trying again later may help."),
    503: ("Part of the gallery is out of reach", "Please try again in a minute. The site's log says what is wrong."),
}


def init_app(app: Flask) -> None:
    """Register the handlers and the limit on what a request may carry."""
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.before_request(_refuse_large_bodies)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(StoreMissing, _empty)
    for outage in (StoreError, DatabaseError, SigningInClosed):
        app.register_error_handler(outage, _out_of_reach)
    app.register_error_handler(Exception, _broken)


def tell(blueprint: Blueprint, status: int, *errors: type[Exception], heading: str | None = None) -> None:
    """Answer these errors of a blueprint's pages with a page of their sentence."""

    def told(error: Exception) -> Response:
        return _page(status, sentence(error), heading)

    for each in errors:
        blueprint.register_error_handler(each, told)


def allow_large(app: Flask, path: str, most: int, *, anybody: bool = False) -> None:
    """Let admins, or anybody who has a form of ours, send so many bytes to one address."""
    app.extensions.setdefault(_LARGE, {})[path] = most
    if anybody:
        app.extensions.setdefault(_OPEN, set()).add(path)


def is_open(app: Flask, path: str) -> bool:
    """Return whether others than admins may send more to an address."""
    return path in app.extensions.get(_OPEN, ())


def large_paths(app: Flask) -> dict[str, int]:
    """Return the addresses that take more than others, with how many bytes."""
    found: dict[str, int] = app.extensions.get(_LARGE, {})
    return found


def _refuse_large_bodies() -> None:
    # Flask itself objects only when the body is read, which most pages never do.
    most, length = large_paths(current_app).get(request.path, MOST_BYTES), request.content_length or 0
    if length > MOST_BYTES and most > MOST_BYTES and (is_open(current_app, request.path) or _is_admin()):
        request.max_content_length = most
    else:
        most = MOST_BYTES
    if length > most:
        raise RequestEntityTooLarge(f"This may be at most {most // 2**20} MB." if most > MOST_BYTES else None)


def _is_admin() -> bool:
    # Imported here: pages of problems are shown also where nobody can sign in.
    from gallery.accounts.identity import current_user

    user = current_user()
    return user is not None and user.may("admin")


def _page(status: int, said: str | None = None, heading: str | None = None) -> Response:
    usual, hint = PROBLEMS.get(status, ("This cannot be answered", ""))
    html = render_template("problem.html", status=status, heading=heading or usual, sentence=said or hint)
    return make_response(html, status, {"Cache-Control": "no-store"})


def _refused(error: HTTPException) -> AnyResponse:
    if error.code is None or error.code < 400:
        return error.get_response()
    ours = error.description if error.description != type(error).description else None
    page = _page(error.code, ours)
    for name, value in error.get_headers(request.environ):
        if name in ("Allow", "Retry-After"):
            page.headers[name] = value
    return page


def _empty(error: StoreMissing) -> Response:
    return make_response(render_template("empty.html"), 200, {"Cache-Control": "no-store"})


def _out_of_reach(error: StoreError | DatabaseError | SigningInClosed) -> Response:
    # The sentence may name hosts and folders: it is for whoever runs the site, not for visitors.
    current_app.logger.error("%s: %s", request.path, error)
    page = _page(503)
    page.headers["Retry-After"] = str(RETRY_SECONDS)
    return page


def _broken(error: Exception) -> Response:
    current_app.logger.exception("%s %s", request.method, request.path)
    return _page(500)
