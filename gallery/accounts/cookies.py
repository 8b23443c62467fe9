"""The cookies: the session's, and one by which an account knows the browsers it was used in."""

from datetime import timedelta

from flask import Flask, Response, current_app, request
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature, URLSafeSerializer

from gallery.accounts.throttle import account_mark
from gallery.configured import configured
from gallery.models.users import User
from gallery.settings import GallerySettings

DEVICE = "gallery_device"
DEVICE_LIFETIME = timedelta(days=365)


class Sessions(SecureCookieSessionInterface):
    """Signed cookies that are held back from plain http wherever the site is reached by https."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Tell whether the cookie of this request needs https."""
        return secure(app.config["GALLERY"])


def init_app(app: Flask) -> None:
    """Set how long sessions last and what their cookie is like."""
    app.session_interface = Sessions()
    app.config.update(
        SESSION_COOKIE_NAME="gallery_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # Visitors' pages would otherwise carry a cookie each, for whoever is signed in.
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=app.config["GALLERY"].session_hours),
    )


def secure(settings: GallerySettings) -> bool:
    """Tell whether cookies need https, by the setting or by how the site is reached."""
    if settings.secure_cookies == "auto":
        return request.is_secure or (settings.base_url or "").lower().startswith("https://")
    return settings.secure_cookies == "on"


def known_device(name: str) -> str | None:
    """Return the mark of this browser if the account called `name` was signed in to with it before."""
    try:
        account, mark = _signer().loads(request.cookies.get(DEVICE, ""))
    except (BadSignature, TypeError, ValueError):
        return None
    return str(mark)[:64] if account == account_mark(name) else None


def remember_device(response: Response, user: User, mark: str) -> None:
    """Let the account know this browser from now on; the cookie alone opens nothing."""
    response.set_cookie(
        DEVICE,
        _signer().dumps([account_mark(user.name), mark]),
        max_age=DEVICE_LIFETIME,
        path=current_app.session_interface.get_cookie_path(current_app),
        secure=secure(configured()),
        httponly=True,
        samesite="Lax",
    )


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="known browser")
