"""Settings of the national wing, from the environment alone (see docs/reference/configuration)."""

import os

from carnet.national.record.rules.policies import POLICIES
from carnet.ops import logging as logs
from carnet.ops.settings import web
from carnet.ops.settings.environment import Environment

_env = Environment(os.environ)

DEBUG = False
SECRET_KEY = _env.secret("CARNET_SECRET_KEY")
# Threads work all the time or not at all: to take a connection and give it back is a thirtieth of
# a publication.
DATABASES = {"default": _env.database(pool=False)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CARNET_SPACE_URL = _env.address("CARNET_SPACE_URL", schemes=("http", "https"))
ALLOWED_HOSTS = _env.words("CARNET_ALLOWED_HOSTS", ("localhost", "127.0.0.1"))

CARNET_DOCUMENTS_URL = _env.folder_or_bucket("CARNET_DOCUMENTS_URL")
CARNET_MASTER_KEY = _env.keys("CARNET_MASTER_KEY")
CARNET_CLAMD = _env.socket("CARNET_CLAMD")
CARNET_MAX_DOCUMENT_BYTES = _env.integer(
    "CARNET_MAX_DOCUMENT_BYTES", 5 * 1024 * 1024, least=1024, most=200 * 1024 * 1024
)
CARNET_MAX_QUERY_RESULTS = _env.integer("CARNET_MAX_QUERY_RESULTS", 5000, least=1, most=100_000)
CARNET_REPOSITORY_OID = _env.oid("CARNET_REPOSITORY_OID")
CARNET_LOT_SIGNATURE = _env.choice("CARNET_LOT_SIGNATURE", ("optional", "required"), "optional")
CARNET_LOT_SIGNATURE_SHA1 = _env.boolean("CARNET_LOT_SIGNATURE_SHA1", False)
CARNET_CONSENT_POLICY = _env.choice(
    "CARNET_CONSENT_POLICY", ("in-force", *(each.code for each in POLICIES)), "in-force"
)
CARNET_MATRICES = _env.folder("CARNET_MATRICES") if "CARNET_MATRICES" in os.environ else None
CARNET_AFFINITY_DOMAIN = _env.affinity_domain("CARNET_AFFINITY_DOMAIN")
CARNET_AFFINITY_MEMBERS = _env.distinguished_names("CARNET_AFFINITY_MEMBERS")
CARNET_OCR = _env.boolean("CARNET_OCR", default=True)
CARNET_OCR_LANGUAGES = _env.text("CARNET_OCR_LANGUAGES", "fra")
CARNET_EXCHANGES_HOURS = _env.integer("CARNET_EXCHANGES_HOURS", 0, least=0, most=24 * 31)
CARNET_EXCHANGES_MEGABYTES = _env.integer("CARNET_EXCHANGES_MEGABYTES", 500, least=1, most=100_000)
CARNET_TRUST_CA = _env.file("CARNET_TRUST_CA", expects="the authorities' certificates (PEM)")
CARNET_TRUST_CRL = _env.file("CARNET_TRUST_CRL", expects="the authorities' revocation lists (PEM)")

CARNET_AUDIT_CERT = _env.file(
    "CARNET_AUDIT_CERT", expects="the certificates that sign the journal (PEM)"
)
CARNET_AUDIT_KEY = _env.file("CARNET_AUDIT_KEY", expects="the key that signs the journal (PEM)")
CARNET_AUDIT_FOLDER = _env.folder("CARNET_AUDIT_FOLDER")

CARNET_DIRECTORY_KEYS = _env.words("CARNET_DIRECTORY_KEYS", ())

CARNET_INSI_SOFTWARE = _env.words("CARNET_INSI_SOFTWARE", ())
CARNET_INSI_CALLS_PER_MINUTE = _env.integer(
    "CARNET_INSI_CALLS_PER_MINUTE", 600, least=1, most=1_000_000
)
CARNET_INSI_RESULT_DAYS = _env.integer("CARNET_INSI_RESULT_DAYS", 30, least=1, most=365)

CARNET_SMTP_HOST = _env.text("CARNET_SMTP_HOST", "127.0.0.1")
CARNET_SMTP_PORT = _env.port("CARNET_SMTP_PORT", 25)
CARNET_SMTP_SHARED = _env.boolean("CARNET_SMTP_SHARED", False)
CARNET_SMTP_HOSTNAME = _env.text("CARNET_SMTP_HOSTNAME", "localhost")
CARNET_SMTP_CERT = _env.file("CARNET_SMTP_CERT", expects="the mail server's certificate (PEM)")
CARNET_SMTP_KEY = _env.file("CARNET_SMTP_KEY", expects="the mail server's private key (PEM)")
CARNET_WHITELIST = _env.file("CARNET_WHITELIST", expects="the white list of mail domains (XML)")
CARNET_PATIENT_DOMAIN = _env.text("CARNET_PATIENT_DOMAIN", "patient.mssante.fr")

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = _env.text("CARNET_EMAIL_HOST", "localhost")
EMAIL_PORT = _env.port("CARNET_EMAIL_PORT", 25)
EMAIL_TIMEOUT = 10  # seconds: the rows of the mails being sent are locked meanwhile
DEFAULT_FROM_EMAIL = _env.text("CARNET_EMAIL_FROM", "ne-pas-repondre@carnet.invalid")
if "CARNET_EMAIL_FOLDER" in os.environ:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = _env.folder("CARNET_EMAIL_FOLDER")

CARNET_SECOND_FACTOR = _env.choice("CARNET_SECOND_FACTOR", ("required", "optional"), "required")
CARNET_FRANCECONNECT_ISSUER = _env.optional_address(
    "CARNET_FRANCECONNECT_ISSUER", schemes=("https", "http")
)
CARNET_FRANCECONNECT_CLIENT_ID = CARNET_FRANCECONNECT_CLIENT_SECRET = ""
if CARNET_FRANCECONNECT_ISSUER:
    CARNET_FRANCECONNECT_CLIENT_ID = _env.text("CARNET_FRANCECONNECT_CLIENT_ID")
    CARNET_FRANCECONNECT_CLIENT_SECRET = _env.secret("CARNET_FRANCECONNECT_CLIENT_SECRET")
CARNET_FRANCECONNECT_ACR = _env.choice(
    "CARNET_FRANCECONNECT_ACR", ("eidas1", "eidas2", "eidas3"), "eidas2"
)
# The stand-in providers: anybody becomes anybody. For a sandbox, never with real people.
CARNET_SIGNIN_URL = _env.optional_address("CARNET_SIGNIN_URL", schemes=("https", "http"))
CARNET_SIGNIN_WALLET_URL = ""
CARNET_SIGNIN_CLIENTS = None
if CARNET_SIGNIN_URL:
    CARNET_SIGNIN_WALLET_URL = _env.optional_address(
        "CARNET_SIGNIN_WALLET_URL", schemes=("https", "http")
    )
    CARNET_SIGNIN_CLIENTS = _env.file(
        "CARNET_SIGNIN_CLIENTS", expects="the software that may use the stand-ins (JSON)"
    )
CARNET_UNLISTED_PROFESSIONALS = _env.choice(
    "CARNET_UNLISTED_PROFESSIONALS", ("accepted", "refused"), "accepted"
)
# Tokens of Pro Santé Connect at the door of FHIR.
CARNET_PSC_ISSUER = _env.optional_address("CARNET_PSC_ISSUER", schemes=("https", "http"))
CARNET_PSC_JWKS_URL = ""
CARNET_PSC_CLIENTS: list[str] = []
if CARNET_PSC_ISSUER:
    CARNET_PSC_JWKS_URL = _env.address(
        "CARNET_PSC_JWKS_URL",
        f"{CARNET_PSC_ISSUER}/protocol/openid-connect/certs",
        schemes=("https", "http"),
    )
    CARNET_PSC_CLIENTS = _env.words("CARNET_PSC_CLIENTS")
CARNET_PSC_ACR = _env.words("CARNET_PSC_ACR", ("eidas1", "eidas2", "eidas3"))

LOGGING = logs.configuration(
    _env.choice("CARNET_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")
)

_env.refuse_if_wrong()

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "carnet.national.exchanges",
    "carnet.national.journal",
    "carnet.national.identity",
    "carnet.national.accounts",
    "carnet.national.directory",
    "carnet.national.record",
    "carnet.national.messaging",
    "carnet.national.doors.consult",
    "carnet.national.doors.space",
    "carnet.national.doors.signin",
    "carnet.ops.exchanges",
]
AUTH_USER_MODEL = "accounts.Account"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
CSRF_FAILURE_VIEW = "carnet.national.doors.space.errors.stale_form"
LOGIN_URL = "/connexion/"
LOGIN_REDIRECT_URL = "/"

ROOT_URLCONF = "carnet.ops.urls_national"
WSGI_APPLICATION = "carnet.ops.wsgi_national.application"
MIDDLEWARE = web.middleware(
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    before_pages=("carnet.national.doors.soap.direct.direct",),
)
TEMPLATES = web.templates("django.contrib.auth.context_processors.auth")

LANGUAGE_CODE = web.LANGUAGE_CODE
LANGUAGES = web.LANGUAGES
TIME_ZONE = web.TIME_ZONE
USE_TZ = True
STATIC_URL = web.STATIC_URL
STATICFILES_DIRS = web.STATICFILES_DIRS
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False

globals().update(web.cookies("space", CARNET_SPACE_URL))
SESSION_COOKIE_AGE = 8 * 3600  # the longest a session lasts; accounts.rules says when it is idle
