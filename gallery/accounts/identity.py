"""Who is asking, and whether they may: the session of a request, and the one guard of every page with a door."""

import functools
import time
from collections.abc import Callable
from typing import ParamSpec

from flask import Flask, abort, current_app, g, make_response, redirect, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as AnyResponse

from gallery.accounts import cookies, tokens
from gallery.accounts.redirects import here
from gallery.accounts.secret import secret_key
from gallery.errors import SigningInClosed
from gallery.ledger import database
from gallery.models.users import Role, User, user_by_id

P = ParamSpec("P")


def init_app(app: Flask) -> None:
    """Prepare sessions and forms; without a key to sign them with, the site goes on for visitors only."""
    try:
        app.secret_key = secret_key(app.config["GALLERY"])
    except SigningInClosed as error:
        app.logger.warning("%s", error)
    cookies.init_app(app)
    tokens.init_app(app)
    app.add_template_global(signed_in)
    app.add_template_global(current_user)


def signed_in() -> bool:
    """Tell whether the session says so; nothing is asked of the database, and nothing may be granted on it."""
    return "user" in session


def current_user() -> User | None:
    """Return the account that is signed in, if its session still holds; looked up once in a request."""
    if "gallery_user" not in g:
        g.gallery_user = _holder() if signed_in() else None
    found: User | None = g.gallery_user
    return found


def needs(role: Role) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, AnyResponse]]:
    """Guard a view: whoever is not signed in is asked to, who may not gets 403, and no answer is kept by caches."""

    def decorate(view: Callable[P, ResponseReturnValue]) -> Callable[P, AnyResponse]:
        @functools.wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> AnyResponse:
            user = current_user()
            if user is None:
                return redirect(url_for("accounts.login", next=here()))
            if not user.may(role):
                abort(403, f"This page is for {role}s. You are signed in as {user.name}, {user.role}.")
            response = make_response(view(*args, **kwargs))
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return guarded

    return decorate


def me() -> User:
    """Return the account that is signed in, in a view that `needs` guards."""
    found = current_user()
    assert found is not None, "a view that asks for the user needs a guard"
    return found


def begin_session(account: User) -> None:
    """Start a session of its own for an account: nothing from before signing in is taken over."""
    session.clear()
    session.permanent = True
    session.update(user=account.id, version=account.session_version, since=int(time.time()))
    g.pop("csrf_token", None)
    g.gallery_user = account


def end_session() -> None:
    """Forget who was signed in."""
    session.clear()
    g.gallery_user = None


def _holder() -> User | None:
    with database().reading() as reading:
        account = user_by_id(reading, session["user"])
    # Counted from signing in: the cookie is signed anew with every form, which would make it last for ever.
    fresh = time.time() - session.get("since", 0) < current_app.permanent_session_lifetime.total_seconds()
    if account and account.active and fresh and account.session_version == session.get("version"):
        return account
    end_session()
    return None
