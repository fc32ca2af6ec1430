"""What the web sites of both wings have alike. Each wing's module names what it takes."""

from pathlib import Path
from typing import Any

import carnet

PACKAGE = Path(carnet.__file__).parent

LANGUAGE_CODE = "fr"
LANGUAGES = (("fr", "Français"), ("en", "English"))
TIME_ZONE = "Europe/Paris"  # of what is shown; storage is in UTC

STATIC_URL = "/static/"
STATICFILES_DIRS = (PACKAGE / "design",)

_FIRST = "carnet.ops.middleware.correlated"
_BEFORE_VIEWS = (
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
)
_NEXT_TO_VIEWS = (
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "carnet.ops.middleware.content_security",
)


def middleware(*own: str, before_pages: tuple[str, ...] = ()) -> list[str]:
    """The middleware of a wing: `own` comes after sessions and before messages.

    `before_pages` come before all that is for pages, and may answer without it.
    """
    return [_FIRST, *before_pages, *_BEFORE_VIEWS, *own, *_NEXT_TO_VIEWS]


def templates(*context_processors: str) -> list[dict[str, Any]]:
    return [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.template.context_processors.i18n",
                    "django.contrib.messages.context_processors.messages",
                    *context_processors,
                ],
            },
        }
    ]


def cookies(site: str, url: str) -> dict[str, Any]:
    """Settings of cookies and transport for the site shown at `url`.

    Two sites on one host share their cookies whatever their ports: each has names of its own.
    On https the cookies are Secure and bound to the host (`__Host-`); plain http is for the
    loopback interface of a demonstration.
    """
    secure = url.startswith("https://")
    prefix = "__Host-" if secure else ""
    return {
        "SESSION_COOKIE_NAME": f"{prefix}carnet_{site}_session",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_AGE": 3600,
        "SESSION_SAVE_EVERY_REQUEST": False,
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
        "CSRF_COOKIE_NAME": f"{prefix}carnet_{site}_csrf",
        "CSRF_COOKIE_SECURE": secure,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Lax",
        "CSRF_TRUSTED_ORIGINS": [url],
        "SECURE_HSTS_SECONDS": 31_536_000 if secure else 0,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if secure else None,
        "SECURE_REFERRER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
    }
