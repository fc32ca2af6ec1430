"""Settings of the tests: the rooms of both wings in one project and one database.

The database's server is started by `tests/conftest.py`, which fills in its socket.
"""

import base64
import tempfile
from pathlib import Path

from carnet.ops import logging as logs
from carnet.ops.settings import web
from carnet.ops.settings.environment import database_entry
from carnet.standards.ins.devices import DEVICE_IDS

DEBUG = False
SECRET_KEY = "for tests alone, never for anything that is served"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

DATABASES = {"default": database_entry({"dbname": "carnet", "user": "carnet"}, pool=False)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
    "carnet.establishment.patients",
    "carnet.establishment.accounts",
    "carnet.establishment.exchange",
    "carnet.establishment.doors.desk",
]
AUTH_USER_MODEL = "accounts.Account"
CSRF_FAILURE_VIEW = "carnet.national.doors.space.errors.stale_form"
LOGIN_URL = "/connexion/"
LOGIN_REDIRECT_URL = "/"

ROOT_URLCONF = "carnet.ops.urls_national"
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
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
LOGGING = logs.configuration("INFO")

# Files and ports that a test needs it makes itself, and sets with the `settings` fixture.
_scratch = Path(tempfile.gettempdir())
CARNET_SPACE_URL = "http://testserver"
CARNET_DESK_URL = "http://testserver"
CARNET_DOCUMENTS_URL = _scratch / "carnet-tests-have-set-no-documents-folder"
CARNET_MASTER_KEY = base64.b64decode("dGVzdHMgYWxvbmUsIG5ldmVyIHNlcnZlZCwgMzIgYi4=")
CARNET_CLAMD = ""
CARNET_MAX_DOCUMENT_BYTES = 5 * 1024 * 1024
CARNET_MAX_QUERY_RESULTS = 5000
CARNET_OCR = False
CARNET_OCR_LANGUAGES = "fra"
CARNET_REPOSITORY_OID = "1.2.250.1.999.1.1.1"
CARNET_CONSENT_POLICY = "in-force"
CARNET_LOT_SIGNATURE = "optional"
CARNET_LOT_SIGNATURE_SHA1 = False
CARNET_MATRICES = None
CARNET_AFFINITY_DOMAIN = None
CARNET_AFFINITY_MEMBERS = None
CARNET_EXCHANGES_HOURS = 0
CARNET_EXCHANGES_MEGABYTES = 500
CARNET_PATIENT_DOMAIN = "patient.mssante.fr"
CARNET_SECOND_FACTOR = "optional"
CARNET_FRANCECONNECT_ISSUER = ""
CARNET_FRANCECONNECT_CLIENT_ID = ""
CARNET_FRANCECONNECT_CLIENT_SECRET = ""
CARNET_FRANCECONNECT_ACR = "eidas2"
CARNET_SIGNIN_URL = CARNET_SIGNIN_WALLET_URL = ""
CARNET_SIGNIN_CLIENTS = None
CARNET_PSC_ISSUER = CARNET_PSC_JWKS_URL = ""
CARNET_PSC_CLIENTS: list[str] = []
CARNET_UNLISTED_PROFESSIONALS = "accepted"
CARNET_PSC_ACR = ["eidas1", "eidas2", "eidas3"]
CARNET_DIRECTORY_KEYS: tuple[str, ...] = ()
CARNET_INSI_SOFTWARE: tuple[str, ...] = ()
CARNET_INSI_CALLS_PER_MINUTE = 600
CARNET_INSI_RESULT_DAYS = 30
CARNET_SMTP_HOST = "127.0.0.1"
CARNET_SMTP_SHARED = False
CARNET_SMTP_HOSTNAME = "localhost"

CARNET_STRUCT_IDNAT = "1990000010"
CARNET_STRUCT_NAME = "Centre hospitalier du Val d'Aubre"
CARNET_OID_ROOT = "1.2.250.1.999.7"
CARNET_SITES = {"990000028": "Hôpital d'Aubreville"}
CARNET_SECTOR = "SA01"
CARNET_PRACTICE_SETTING = "ETABLISSEMENT"
CARNET_DMP_HOMOLOGATION = "non-homologue"
CARNET_DMP_SIGN_LOTS = False
CARNET_DMP_URL = "https://localhost:1/si-dmp-server/v2/services"
CARNET_DESK_SECOND_FACTOR = "optional"
CARNET_PSC_DISCOVERY = CARNET_PSC_CLIENT_ID = CARNET_PSC_CLIENT_SECRET = ""
CARNET_INSI_URL = CARNET_INSI_IDAM = ""
CARNET_INSI_CERT = CARNET_INSI_KEY = None
CARNET_INSI_PROVISOIRE = True
CARNET_INSI_ON_ARRIVAL = "never"
CARNET_INSI_VERIFICATION_YEARS = 3
CARNET_IDENTITY_STRICT = False
CARNET_IDENTITY_DEVICES = sorted(DEVICE_IDS - {"cims"})
CARNET_IDENTITY_SENDERS: tuple[str, ...] = ()
CARNET_IDENTITY_PARTNERS: tuple[str, ...] = ()
CARNET_PAM_SUBSCRIBERS: dict[str, tuple[str, int]] = {}
CARNET_PAM_TLS: list[str] = []
CARNET_PAM_CA = ""
CARNET_SCANNER_SEPARATORS = ("<GS>", "^]", "␝")
CARNET_MSS_HOST = "localhost"
CARNET_MSS_PORT = 1
CARNET_MSS_SENDER = "cardiologie_auto@valdaubre.mssante.fr"
CARNET_TRUST_CA = CARNET_TLS_CERT = CARNET_TLS_KEY = _scratch / "carnet-tests-have-made-no-paper"
CARNET_TRUST_CRL = CARNET_TRUST_CA
CARNET_AUDIT_CERT = CARNET_AUDIT_KEY = CARNET_TRUST_CA
CARNET_AUDIT_FOLDER = _scratch / "carnet-tests-have-set-no-audit-folder"
CARNET_MSS_CERT = CARNET_MSS_KEY = CARNET_TLS_CERT
CARNET_SIGNATURE_CERT = CARNET_SIGNATURE_KEY = CARNET_TLS_CERT
CARNET_MAX_MESSAGE_BYTES = 20 * 1024 * 1024
CARNET_MLLP_HOST = "127.0.0.1"
CARNET_MLLP_PORT = 2575
CARNET_MLLP_SHARED = False

for _name, _value in {
    **web.cookies("space", CARNET_SPACE_URL),
    "CSRF_TRUSTED_ORIGINS": ["http://testserver"],
}.items():
    globals()[_name] = _value
