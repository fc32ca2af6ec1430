"""Settings of the establishment wing, from the environment alone (docs/reference/configuration)."""

import os

from carnet.ops import logging as logs
from carnet.ops.settings import web
from carnet.ops.settings.environment import Environment
from carnet.standards.ins.devices import DEVICE_IDS

_env = Environment(os.environ)

DEBUG = False
SECRET_KEY = _env.secret("CARNET_SECRET_KEY")
DATABASES = {"default": _env.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CARNET_DESK_URL = _env.address("CARNET_DESK_URL", schemes=("http", "https"))
ALLOWED_HOSTS = _env.words("CARNET_ALLOWED_HOSTS", ("localhost", "127.0.0.1"))

CARNET_STRUCT_IDNAT = _env.text(
    "CARNET_STRUCT_IDNAT", expects="the establishment's Struct_IdNat (1 and its FINESS number)"
)
CARNET_STRUCT_NAME = _env.text("CARNET_STRUCT_NAME", expects="the establishment's name")
CARNET_SITES = _env.pairs("CARNET_SITES", expects="the geographic sites: finess=name;finess=name")
CARNET_SECTOR = _env.text("CARNET_SECTOR", "SA01")
CARNET_PRACTICE_SETTING = _env.text("CARNET_PRACTICE_SETTING", "ETABLISSEMENT")
CARNET_OID_ROOT = _env.oid("CARNET_OID_ROOT")
CARNET_DMP_HOMOLOGATION = _env.text("CARNET_DMP_HOMOLOGATION", "non-homologue")
CARNET_PATIENT_DOMAIN = _env.text("CARNET_PATIENT_DOMAIN", "patient.mssante.fr")

CARNET_MLLP_HOST = _env.text("CARNET_MLLP_HOST", "127.0.0.1")
CARNET_MLLP_PORT = _env.port("CARNET_MLLP_PORT", 2575)
CARNET_MLLP_SHARED = _env.boolean("CARNET_MLLP_SHARED", False)
CARNET_MAX_MESSAGE_BYTES = _env.integer(
    "CARNET_MAX_MESSAGE_BYTES", 20 * 1024 * 1024, least=1024, most=200 * 1024 * 1024
)

CARNET_TRUST_CA = _env.file("CARNET_TRUST_CA", expects="the authorities' certificates (PEM)")
CARNET_TLS_CERT = _env.file("CARNET_TLS_CERT", expects="our authentication certificate (PEM)")
CARNET_TLS_KEY = _env.file("CARNET_TLS_KEY", expects="its private key (PEM)")
CARNET_SIGNATURE_CERT = _env.file(
    "CARNET_SIGNATURE_CERT", expects="our signature certificate (PEM)"
)
CARNET_SIGNATURE_KEY = _env.file("CARNET_SIGNATURE_KEY", expects="its private key (PEM)")

CARNET_DMP_URL = _env.address("CARNET_DMP_URL", schemes=("https",))
CARNET_DMP_HOMOLOGATION = _env.text("CARNET_DMP_HOMOLOGATION", "TEST")
CARNET_DMP_SIGN_LOTS = _env.boolean("CARNET_DMP_SIGN_LOTS", True)
CARNET_INSI_URL = _env.optional_address("CARNET_INSI_URL", schemes=("https",))
CARNET_INSI_CERT = CARNET_INSI_KEY = None
CARNET_INSI_IDAM = ""
if CARNET_INSI_URL:
    CARNET_INSI_CERT = _env.file(
        "CARNET_INSI_CERT", expects="our certificate for INSi, CN INSI-AUTO or INSI-MANU (PEM)"
    )
    CARNET_INSI_KEY = _env.file("CARNET_INSI_KEY", expects="its private key (PEM)")
    CARNET_INSI_IDAM = _env.text("CARNET_INSI_IDAM", expects="the number of our authorisation")
CARNET_INSI_PROVISOIRE = _env.boolean("CARNET_INSI_PROVISOIRE", True)
CARNET_INSI_ON_ARRIVAL = _env.choice(
    "CARNET_INSI_ON_ARRIVAL", ("never", "validated", "all"), "never"
)
CARNET_INSI_VERIFICATION_YEARS = _env.integer("CARNET_INSI_VERIFICATION_YEARS", 3, least=1, most=10)
CARNET_IDENTITY_STRICT = _env.boolean("CARNET_IDENTITY_STRICT", False)
CARNET_IDENTITY_DEVICES = _env.words_among(
    "CARNET_IDENTITY_DEVICES", DEVICE_IDS, sorted(DEVICE_IDS - {"cims"})
)
CARNET_IDENTITY_SENDERS = _env.words("CARNET_IDENTITY_SENDERS", ())
CARNET_IDENTITY_PARTNERS = _env.words("CARNET_IDENTITY_PARTNERS", ())
CARNET_PAM_SUBSCRIBERS = _env.places("CARNET_PAM_SUBSCRIBERS")
CARNET_PAM_TLS = _env.words_among("CARNET_PAM_TLS", frozenset(CARNET_PAM_SUBSCRIBERS), [])
CARNET_PAM_CA = (
    _env.file("CARNET_PAM_CA", expects="the authorities of the applications (PEM)")
    if _env.text("CARNET_PAM_CA", "")
    else CARNET_TRUST_CA
)
CARNET_SCANNER_SEPARATORS = _env.words("CARNET_SCANNER_SEPARATORS", ("<GS>", "^]", "␝"))
CARNET_PATIENT_DOMAIN = _env.text("CARNET_PATIENT_DOMAIN", "patient.mssante.fr")
CARNET_MSS_HOST = _env.text("CARNET_MSS_HOST", expects="the host of the secure mail operator")
CARNET_MSS_PORT = _env.port("CARNET_MSS_PORT", 25)
CARNET_MSS_CERT = _env.file("CARNET_MSS_CERT", expects="our mail domain's certificate (PEM)")
CARNET_MSS_KEY = _env.file("CARNET_MSS_KEY", expects="its private key (PEM)")
CARNET_MSS_SENDER = _env.text("CARNET_MSS_SENDER", expects="the MSSanté address we send from")
CARNET_DESK_SECOND_FACTOR = _env.choice(
    "CARNET_DESK_SECOND_FACTOR", ("required", "optional"), "required"
)
CARNET_PSC_ISSUER = _env.optional_address("CARNET_PSC_ISSUER", schemes=("https", "http"))
CARNET_PSC_DISCOVERY = CARNET_PSC_CLIENT_ID = CARNET_PSC_CLIENT_SECRET = ""
if CARNET_PSC_ISSUER:
    CARNET_PSC_DISCOVERY = _env.address(
        "CARNET_PSC_DISCOVERY",
        f"{CARNET_PSC_ISSUER}/.well-known/wallet-openid-configuration",
        schemes=("https", "http"),
    )
    CARNET_PSC_CLIENT_ID = _env.text(
        "CARNET_PSC_CLIENT_ID", expects="our client id at Pro Santé Connect"
    )
    CARNET_PSC_CLIENT_SECRET = _env.secret("CARNET_PSC_CLIENT_SECRET")
CARNET_PSC_ACR = _env.words("CARNET_PSC_ACR", ("eidas1", "eidas2", "eidas3"))

LOGGING = logs.configuration(
    _env.choice("CARNET_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")
)

_env.refuse_if_wrong()

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "carnet.establishment.patients",
    "carnet.establishment.accounts",
    "carnet.establishment.exchange",
    "carnet.establishment.doors.desk",
]

ROOT_URLCONF = "carnet.ops.urls_establishment"
WSGI_APPLICATION = "carnet.ops.wsgi_establishment.application"
MIDDLEWARE = web.middleware()
TEMPLATES = web.templates()

LANGUAGE_CODE = web.LANGUAGE_CODE
LANGUAGES = web.LANGUAGES
TIME_ZONE = web.TIME_ZONE
USE_TZ = True
STATIC_URL = web.STATIC_URL
STATICFILES_DIRS = web.STATICFILES_DIRS
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False

globals().update(web.cookies("desk", CARNET_DESK_URL))
