"""The pages of an account: signing in and out, changing the password."""

import secrets

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as AnyResponse

from gallery.accounts import people, signing_in
from gallery.accounts.cookies import known_device, remember_device
from gallery.accounts.identity import begin_session, current_user, end_session, me, needs
from gallery.accounts.redirects import local
from gallery.accounts.throttle import Caller
from gallery.errors import AccountError, TooManyAttempts
from gallery.forms import field, refuse_without_key
from gallery.ledger import database
from gallery.models.users import LONGEST_NAME, User

blueprint = Blueprint("accounts", __name__)

# More than a password may have: one that is too long is refused in words.
MOST_TYPED = 1000


@blueprint.get("/login")
def login() -> ResponseReturnValue:
    """Show the form, or go on at once when already signed in."""
    refuse_without_key()
    onward = local(request.args.get("next"))
    if current_user():
        return redirect(onward or url_for("dashboard.show"))
    return _form("login", onward=onward, name="")


@blueprint.post("/login")
def sign_in() -> ResponseReturnValue:
    """Sign in and go on to where the visitor was going, on this site."""
    name, password = field("name", LONGEST_NAME), field("password", MOST_TYPED)
    onward, device = local(request.form.get("next")), known_device(name)
    try:
        account = signing_in.sign_in(database(), name, password, Caller.of(name, request.remote_addr, device))
    except AccountError as error:
        # Not the name: now and then it is a password that was typed into the wrong field.
        current_app.logger.warning("sign-in refused: %s (from %s)", type(error).__name__, request.remote_addr)
        return _form("login", error, onward=onward, name=name)
    begin_session(account)
    response = make_response(redirect(onward or url_for("dashboard.show"), 303))
    remember_device(response, account, device or secrets.token_urlsafe(16))
    return response


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    """End the session in this browser."""
    end_session()
    return redirect(url_for("home.show"), 303)


@blueprint.get("/account")
@needs("curator")
def show() -> ResponseReturnValue:
    """Show one's own account."""
    return _form("account", account=me())


@blueprint.post("/account/password")
@needs("curator")
def change_password() -> ResponseReturnValue:
    """Change one's own password, which ends the sessions in all other browsers."""
    account, new = me(), field("new", MOST_TYPED)
    try:
        caller = Caller.of(account.name, request.remote_addr, known_device(account.name))
        signing_in.verify(database(), account.name, field("password", MOST_TYPED), caller)
        people.check_repeated(new, field("repeated", MOST_TYPED))
        changed = people.set_password(database(), account.name, new, by=account)
    except AccountError as error:
        return _form("account", error, account=account)
    begin_session(changed)
    flash("Your password has been changed. Everywhere else you have been signed out.")
    return redirect(url_for("accounts.show"), 303)


@blueprint.post("/account/sessions")
@needs("curator")
def end_all_sessions() -> ResponseReturnValue:
    """Sign out of every browser, this one included."""
    people.end_sessions(database(), me().id)
    end_session()
    return redirect(url_for("accounts.login"), 303)


def _form(page: str, error: AccountError | None = None, **values: User | str | None) -> AnyResponse:
    response = make_response(render_template(f"accounts/{page}.html", error=error, **values))
    response.headers["Cache-Control"] = "no-store"
    if isinstance(error, TooManyAttempts):
        response.status_code, response.headers["Retry-After"] = 429, str(error.wait)
    elif error:
        response.status_code = 422
    return response
