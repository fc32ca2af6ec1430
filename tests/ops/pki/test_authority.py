import ssl
import stat
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from carnet.ops.pki import Authority, Kind, PkiError, organisation_name, person_name

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CLINIC = organisation_name(
    "clinique.carnet.test",
    struct_idnat="10B0127189",
    organisation="CARNET TEST Clinique des Érables",
    department="Rhône (69)",
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority.create(tmp_path_factory.mktemp("pki"), NOW)


@pytest.fixture(scope="module")
def server(authority):
    return authority.issue(Kind.SERVER, CLINIC, now=NOW)


def test_the_subject_keeps_the_order_and_the_accents_of_the_real_ones(server):
    subject = x509.load_pem_x509_certificate(server.cert_pem).subject
    assert subject.rfc4514_string() == (
        "CN=clinique.carnet.test,OU=10B0127189,O=CARNET TEST Clinique des Érables,"
        "ST=Rhône (69),C=FR"
    )


def test_every_authority_says_that_it_is_a_test(authority):
    authorities = x509.load_pem_x509_certificates(authority.ca_path.read_bytes())
    names = [cert.subject.rfc4514_string() for cert in authorities]
    assert len(names) == 3
    assert all("TEST CARNET" in name for name in names)


def test_keys_are_pkcs8_and_readable_by_their_owner_alone(server):
    assert stat.S_IMODE(server.key_path.stat().st_mode) == 0o600
    assert server.key_pem.startswith(b"-----BEGIN PRIVATE KEY-----")
    assert load_pem_private_key(server.key_pem, None).key_size == 2048


def test_the_key_of_an_authority_is_as_closed(authority):
    for key in (authority.folder / "authorities").glob("*.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_the_same_request_gives_the_same_certificate(authority, server):
    again = Authority.open(authority.folder).issue(Kind.SERVER, CLINIC, now=NOW)
    assert again.cert_pem == server.cert_pem


def test_other_hosts_make_another_certificate(authority, server):
    other = authority.issue(
        Kind.SERVER, CLINIC, hosts=["mail.test"], now=NOW, key_pem=server.key_pem
    )
    assert other.serial != server.serial
    assert server.cert_path.exists()


def test_an_expired_certificate_is_made_again(authority, server):
    first = authority.issue(Kind.ORG_SIGN, CLINIC, now=NOW, key_pem=server.key_pem)
    second = authority.issue(
        Kind.ORG_SIGN, CLINIC, now=NOW + timedelta(days=1200), key_pem=server.key_pem
    )
    assert second.serial != first.serial
    held = x509.load_pem_x509_certificate(second.cert_pem)
    assert held.not_valid_after_utc > NOW + timedelta(days=1200)


def test_a_revoked_certificate_is_on_the_list_of_its_authority_and_replaced(authority, server):
    name = person_name("899900000001", surname="D'OR", given_name="Zoé", profession="Infirmier")
    card = authority.issue(Kind.CPS_AUTH, name, now=NOW, key_pem=server.key_pem)
    serial = card.serial
    authority.revoke(serial, NOW)

    blocks = authority.crl_path.read_bytes().split(b"-----END X509 CRL-----\n")[:-1]
    lists = [x509.load_pem_x509_crl(block + b"-----END X509 CRL-----\n") for block in blocks]
    holders = [
        crl.issuer.rfc4514_string()
        for crl in lists
        if crl.get_revoked_certificate_by_serial_number(serial)
    ]
    assert len(holders) == 1
    assert "FORT PERSONNES" in holders[0]
    assert authority.issue(Kind.CPS_AUTH, name, now=NOW, key_pem=server.key_pem).serial != serial


def test_a_serial_never_issued_cannot_be_revoked(authority):
    with pytest.raises(PkiError, match="12345"):
        authority.revoke(12345, NOW)


def test_a_folder_has_one_authority(authority, tmp_path):
    with pytest.raises(PkiError, match="already"):
        Authority.create(authority.folder, NOW)
    with pytest.raises(PkiError, match="no certificate authority"):
        Authority.open(tmp_path)


def test_an_interrupted_creation_is_started_again(tmp_path):
    first = Authority.create(tmp_path, NOW)
    first.ca_path.unlink()  # what is written last is missing
    again = Authority.create(tmp_path, NOW)
    assert again.issue(Kind.ORG_SIGN, CLINIC, now=NOW).cert_path.exists()


def test_openssl_itself_accepts_a_mutual_handshake(authority, tmp_path):
    """With revocation checked on both sides, at the real time (OpenSSL takes no other)."""
    local = Authority.create(tmp_path / "today", datetime.now(UTC))
    held = local.issue(Kind.SERVER, CLINIC)
    contexts = []
    for purpose in (ssl.Purpose.CLIENT_AUTH, ssl.Purpose.SERVER_AUTH):
        context = ssl.create_default_context(purpose, cafile=str(local.ca_path))
        context.load_verify_locations(str(local.crl_path))
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(held.chain_path, held.key_path)
        contexts.append(context)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = contexts[0].wrap_bio(to_server, to_client, server_side=True)
    client = contexts[1].wrap_bio(to_client, to_server, server_hostname="localhost")
    done = set()
    for _ in range(6):
        for side in (client, server):
            try:
                side.do_handshake()
                done.add(side)
            except ssl.SSLWantReadError:
                continue
    assert done == {client, server}
    assert server.getpeercert()["subject"][-1] == (("commonName", "clinique.carnet.test"),)
