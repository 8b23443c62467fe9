"""Forms carry a token that other sites cannot know (Flask-WTF's); a request that changes things without it is refused.

The token belongs to the session and lives as long: a form that was left open over lunch can still be sent.
"""

import secrets

from flask import Flask, current_app
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import BadRequest

STALE = (
    "This form is no longer valid: it is too old, did not come from this site, or cookies are switched off. "
    "Go back, reload the page and send it again."
)


def init_app(app: Flask) -> None:
    """Check every POST, PUT, PATCH and DELETE, and give templates `csrf_token()`."""
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    if not app.secret_key:
        # Without sessions no form is accepted; the library has to be able to say so.
        app.config["WTF_CSRF_SECRET_KEY"] = secrets.token_hex()
    CSRFProtect(app)
    app.register_error_handler(CSRFError, _refuse)


def _refuse(error: CSRFError) -> ResponseReturnValue:
    # The library's own sentences speak of tokens and sessions.
    current_app.logger.info("form refused: %s", error.description)
    return current_app.handle_user_exception(BadRequest(STALE))
