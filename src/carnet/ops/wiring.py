"""How the parts of the embedded mode find each other: certificates, secrets, environments."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from carnet.ops.front import Front
from carnet.ops.home import Home
from carnet.ops.pki import Authority, Issued, Kind, organisation_name
from carnet.ops.ports import LOOPBACK
from carnet.ops.region import places

#: Private enterprise number set apart for examples (RFC 5612): no real register has these.
NATIONAL_OID = "1.3.6.1.4.1.32473.1"
ESTABLISHMENT_OID = "1.3.6.1.4.1.32473.2"

#: The structure that the establishment wing serves: the legal entity of the two hospitals.
ESTABLISHMENT = places.structure("ght")
SITES = tuple(place for place in places.STRUCTURES if place.parent == ESTABLISHMENT.key)
_DEPARTMENT = "Val d'Aubre (99)"

#: Default ports of `carnet demo`; a busy one gives way to the next free.
PORTS: Mapping[str, int] = {
    "space": 8000,
    "desk": 8010,
    "signin": 8020,
    "services": 8443,
    "smtp": 8025,
    "mllp": 2575,
}

#: Our own sites at the stand-in providers.
DESK_CLIENT = "carnet-passerelle"
SPACE_CLIENT = "carnet-espace"

# What a child keeps of our own environment: nothing that configures or reveals.
#: Web processes of each wing. A few operators at the desk: the other processor is the record's.
WEB_PROCESSES: Mapping[str, int] = {"national": 2, "establishment": 1}

_INHERITED = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "PYTHONWARNINGS",
    "COVERAGE_PROCESS_START",
)


@dataclass(frozen=True)
class Addresses:
    """Where the embedded mode can be reached, all on the loopback interface."""

    space_port: int
    desk_port: int
    signin_port: int
    services_port: int
    smtp_port: int
    mllp_port: int

    @property
    def space(self) -> str:
        return f"http://{LOOPBACK}:{self.space_port}"

    @property
    def desk(self) -> str:
        return f"http://{LOOPBACK}:{self.desk_port}"

    @property
    def signin(self) -> str:
        """The stand-in providers, as software calls them."""
        return f"http://{LOOPBACK}:{self.signin_port}"

    @property
    def wallet(self) -> str:
        """The same as browsers are led to them: another host, as with the real one."""
        return f"http://localhost:{self.signin_port}"

    @property
    def psc(self) -> str:
        """The issuer of the stand-in Pro Santé Connect."""
        return f"{self.signin}/auth/realms/esante-wallet"

    @property
    def services(self) -> str:
        """The base of the record's SOAP services; `localhost` is the name in the certificate."""
        return f"https://localhost:{self.services_port}/si-dmp-server/v2/services"

    @property
    def insi(self) -> str:
        """The address of INSi."""
        return f"https://localhost:{self.services_port}/lps"


@dataclass(frozen=True)
class Certificates:
    """The certificates of the embedded mode, and the authority that issued them."""

    authority: Authority
    front: Issued
    mail_operator: Issued
    journal: Issued
    establishment_mail: Issued
    establishment_client: Issued
    establishment_signature: Issued
    establishment_insi: Issued


def certificates(authority: Authority) -> Certificates:
    """Issue the certificates, or take those that are still good."""
    ministry = {
        "struct_idnat": "10000000000",
        "organisation": "CARNET NATIONAL (DEMONSTRATION)",
        "department": "Paris (75)",
    }
    hospital = {
        "struct_idnat": str(ESTABLISHMENT.idnat),
        "organisation": ESTABLISHMENT.name,
        "department": _DEPARTMENT,
    }
    client = organisation_name("carnet-passerelle", **hospital)
    return Certificates(
        authority,
        front=authority.issue(Kind.SERVER, organisation_name("localhost", **ministry)),
        mail_operator=authority.issue(
            Kind.SERVER, organisation_name("messagerie.localhost", **ministry)
        ),
        journal=authority.issue(Kind.ORG_SIGN, organisation_name("carnet-journal", **ministry)),
        establishment_mail=authority.issue(
            Kind.SERVER, organisation_name(f"mail.{places.HOSPITAL_DOMAIN}", **hospital)
        ),
        establishment_client=authority.issue(Kind.ORG_AUTH_CLI, client),
        establishment_signature=authority.issue(Kind.ORG_SIGN, client),
        establishment_insi=authority.issue(
            Kind.ORG_AUTH_CLI, organisation_name("INSI-AUTO", **hospital)
        ),
    )


def front(home: Home, addresses: Addresses, held: Certificates) -> Front:
    return Front(
        space_port=addresses.space_port,
        desk_port=addresses.desk_port,
        services_port=addresses.services_port,
        national_sockets=web_sockets(home, "national"),
        establishment_sockets=web_sockets(home, "establishment"),
        certificate=held.front.chain_path,
        key=held.front.key_path,
        client_authorities=held.authority.ca_path,
        signin_port=addresses.signin_port,
    )


def web_sockets(home: Home, wing: str) -> tuple[Path, ...]:
    """Where the web processes of a wing listen: one socket each, among which the front chooses."""
    return tuple(
        home.sockets / f"{wing}-{number}.sock" for number in range(1, WEB_PROCESSES[wing] + 1)
    )


def national_environment(
    home: Home, addresses: Addresses, held: Certificates, database: str
) -> dict[str, str]:
    return _base("national", home, database) | {
        "CARNET_SPACE_URL": addresses.space,
        "CARNET_DOCUMENTS_URL": str(home.documents),
        "CARNET_EXCHANGES_HOURS": "24",
        "CARNET_MASTER_KEY_FILE": str(home.secret("documents-key")),
        "CARNET_REPOSITORY_OID": f"{NATIONAL_OID}.1",
        "CARNET_TRUST_CA": str(held.authority.ca_path),
        "CARNET_TRUST_CRL": str(held.authority.crl_path),
        "CARNET_AUDIT_CERT": str(held.journal.cert_path),
        "CARNET_AUDIT_KEY": str(held.journal.key_path),
        "CARNET_AUDIT_FOLDER": str(home.audit),
        "CARNET_SMTP_HOST": LOOPBACK,
        "CARNET_SMTP_PORT": str(addresses.smtp_port),
        "CARNET_SMTP_HOSTNAME": "localhost",
        "CARNET_SMTP_CERT": str(held.mail_operator.chain_path),
        "CARNET_SMTP_KEY": str(held.mail_operator.key_path),
        "CARNET_WHITELIST": str(home.whitelist),
        "CARNET_EMAIL_FOLDER": str(home.mail),
        # Easy to enter: codes are for those who set the variable before they start.
        "CARNET_SIGNIN_URL": addresses.signin,
        "CARNET_SIGNIN_WALLET_URL": addresses.wallet,
        "CARNET_SIGNIN_CLIENTS": str(home.signin_clients),
        "CARNET_FRANCECONNECT_ISSUER": f"{addresses.signin}/api/v2",
        "CARNET_FRANCECONNECT_CLIENT_ID": SPACE_CLIENT,
        "CARNET_FRANCECONNECT_CLIENT_SECRET_FILE": str(home.secret("franceconnect-secret")),
        "CARNET_PSC_ISSUER": addresses.psc,
        "CARNET_PSC_CLIENTS": DESK_CLIENT,
        "CARNET_SECOND_FACTOR": os.environ.get("CARNET_SECOND_FACTOR", "optional"),
    }


def establishment_environment(
    home: Home, addresses: Addresses, held: Certificates, database: str
) -> dict[str, str]:
    return _base("establishment", home, database) | {
        "CARNET_DESK_URL": addresses.desk,
        "CARNET_STRUCT_IDNAT": str(ESTABLISHMENT.idnat),
        "CARNET_STRUCT_NAME": ESTABLISHMENT.name,
        "CARNET_SITES": ";".join(f"{site.finess}={site.name}" for site in SITES),
        "CARNET_SECTOR": ESTABLISHMENT.sector,
        "CARNET_PRACTICE_SETTING": ESTABLISHMENT.setting,
        "CARNET_OID_ROOT": ESTABLISHMENT_OID,
        "CARNET_MLLP_HOST": LOOPBACK,
        "CARNET_MLLP_PORT": str(addresses.mllp_port),
        "CARNET_TRUST_CA": str(held.authority.ca_path),
        "CARNET_TLS_CERT": str(held.establishment_client.chain_path),
        "CARNET_TLS_KEY": str(held.establishment_client.key_path),
        "CARNET_SIGNATURE_CERT": str(held.establishment_signature.cert_path),
        "CARNET_SIGNATURE_KEY": str(held.establishment_signature.key_path),
        "CARNET_DMP_URL": addresses.services,
        "CARNET_INSI_URL": addresses.insi,
        "CARNET_INSI_CERT": str(held.establishment_insi.chain_path),
        "CARNET_INSI_KEY": str(held.establishment_insi.key_path),
        "CARNET_INSI_IDAM": "non-agree",
        "CARNET_MSS_HOST": "localhost",
        "CARNET_MSS_PORT": str(addresses.smtp_port),
        "CARNET_MSS_CERT": str(held.establishment_mail.chain_path),
        "CARNET_MSS_KEY": str(held.establishment_mail.key_path),
        "CARNET_MSS_SENDER": ESTABLISHMENT.mailbox,
        "CARNET_PSC_ISSUER": addresses.psc,
        "CARNET_PSC_CLIENT_ID": DESK_CLIENT,
        "CARNET_PSC_CLIENT_SECRET_FILE": str(home.secret("psc-secret")),
        "CARNET_DESK_SECOND_FACTOR": os.environ.get("CARNET_DESK_SECOND_FACTOR", "optional"),
    }


def _base(wing: str, home: Home, database: str) -> dict[str, str]:
    return inherited() | {
        "DATABASE_URL": database,
        "CARNET_HOME": str(home.folder),
        "CARNET_SECRET_KEY_FILE": str(home.secret(f"{wing}-session-key")),
    }


def inherited() -> dict[str, str]:
    """The part of our environment that every child keeps."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ}


def carnet_command(*arguments: str) -> list[str | Path]:
    """The command line that runs `carnet` with this same Python."""
    return [sys.executable, "-m", "carnet.ops.cli", *arguments]
