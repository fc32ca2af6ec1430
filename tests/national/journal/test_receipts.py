"""The receipt of a citizen: whole, checked by others' means, and silent on what is hidden."""

import copy
import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from carnet.national.journal import actions, days, receipt, receipts, sealing, signature
from carnet.national.journal.receipt import ReceiptError
from carnet.national.journal.signature import Signer
from tests.national import world
from tests.national.certificates import Papers
from tests.national.world import NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_journal")]

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "prove-the-journal.md"


def write(patient_id: UUID, after: timedelta, **line: Any) -> None:
    actions.record(
        world.PHYSICIAN_READER,
        line.pop("action", "document.read"),
        at=NOW + after,
        patient_id=patient_id,
        outcome="allowed",
        **line,
    )


@pytest.fixture
def patient_id(signer: Signer) -> UUID:
    """Somebody with three lines on a day that is signed, among other people, and one since."""
    made = uuid4()
    for second in range(3):
        write(made, timedelta(seconds=second), details={"title": "Bilan d’été"})
    for _ in range(600):
        write(uuid4(), timedelta())
    sealing.seal(now=NOW)
    write(made, timedelta(days=1))
    sealing.seal(now=NOW + timedelta(days=1))
    days.close_days(signer, register="1.2.3")
    return made


@pytest.fixture
def made(patient_id: UUID) -> dict[str, Any]:
    """Their receipt, once through JSON."""
    found = receipts.receipt(world.holder(patient_id), patient_id, now=NOW)
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def test_a_receipt_proves_the_lines_of_the_days_that_are_over(
    made: dict[str, Any], patient_id: UUID, signer: Signer
) -> None:
    checked = receipt.check(made)
    assert (checked.patient_id, checked.lines, checked.shown, checked.signed) == (
        patient_id,
        4,
        4,
        3,
    )
    assert checked.day == "2026-03-02"
    assert (
        checked.certificate.public_bytes(serialization.Encoding.PEM).decode() == signer.certificate
    )


def test_the_algorithm_of_the_page_checks_it_with_cryptography_alone(
    made: dict[str, Any], tmp_path: Path
) -> None:
    (algorithm,) = re.findall(r"```python\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
    assert len([line for line in algorithm.splitlines() if line]) <= 36
    script, file = tmp_path / "check.py", tmp_path / "preuve.json"
    script.write_text(algorithm, encoding="utf-8")

    def check(content: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        file.write_text(json.dumps(content), encoding="utf-8")
        return subprocess.run(
            [sys.executable, "-W", "ignore::ResourceWarning", script, file],
            capture_output=True,
            text=True,
            check=False,
        )

    good = check(made)
    assert good.returncode == 0, good.stderr
    assert good.stdout.startswith("3 of 4 lines signed on 2026-03-02 by ")
    made["lines"][1]["line"]["actor_label"] = "Personne"
    assert "line 2 was changed" in check(made).stderr


def test_whatever_is_changed_in_a_receipt_it_proves_nothing(made: dict[str, Any]) -> None:
    def changes() -> Any:
        for place in range(4):
            for key, value in made["lines"][place]["line"].items():
                changed = copy.deepcopy(made)
                changed["lines"][place]["line"][key] = [] if isinstance(value, str) else "x"
                yield changed
            shorter = copy.deepcopy(made)
            del shorter["lines"][place]
            # Lines since the last signed one are the reader's word alone.
            if place < 3:
                yield shorter
        for key in ("patient_id", "format", "lines", "proof"):
            yield {name: value for name, value in made.items() if name != key}
        for key, value in made["proof"].items():
            changed = copy.deepcopy(made)
            changed["proof"][key] = 2 if key == "seq" else value[:-1] if key == "path" else {}
            yield changed
        for key in made["proof"]["statement"]:
            changed = copy.deepcopy(made)
            changed["proof"]["statement"][key] = "0"
            yield changed
        other = copy.deepcopy(made)
        other["patient_id"] = str(uuid4())
        yield other
        yield made | {"proof": None}

    for changed in changes():
        with pytest.raises(ReceiptError):
            receipt.check(changed)


def test_what_the_reader_may_not_see_is_counted_and_says_nothing(signer: Signer) -> None:
    patient_id = uuid4()
    hidden = {"title": "Annonce", "hidden_for": ["patient"]}
    write(patient_id, timedelta(), details=hidden)
    write(patient_id, timedelta(seconds=1), action="tests.never_told")
    write(patient_id, timedelta(seconds=2))
    sealing.seal(now=NOW)
    sealing.seal(now=NOW + timedelta(days=1))
    days.close_days(signer, register="1.2.3")
    made = receipts.receipt(world.holder(patient_id), patient_id, now=NOW)
    assert "Annonce" not in json.dumps(made)
    assert [("line" in each) for each in made["lines"]] == [False, False, True]
    checked = receipt.check(made)
    assert (checked.lines, checked.shown, checked.signed) == (3, 1, 3)


def test_before_the_first_day_is_over_nothing_is_proved_yet() -> None:
    patient_id = uuid4()
    write(patient_id, timedelta())
    sealing.seal(now=NOW)
    made = receipts.receipt(world.holder(patient_id), patient_id, now=NOW)
    with pytest.raises(ReceiptError, match="not over"):
        receipt.check(made)


def test_nobody_gets_the_receipt_of_another(patient_id: UUID) -> None:
    with pytest.raises(PermissionError):
        receipts.receipt(world.holder(uuid4()), patient_id, now=NOW)


def test_making_a_receipt_is_itself_a_line(patient_id: UUID) -> None:
    receipts.receipt(world.holder(patient_id), patient_id, now=NOW)
    sealing.seal(now=NOW)
    made = receipts.receipt(world.holder(patient_id), patient_id, now=NOW)
    assert made["lines"][-1]["line"]["action"] == "history.downloaded"


def test_a_key_on_an_elliptic_curve_signs_as_well(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "journal")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=1))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    (tmp_path / "cert.pem").write_bytes(certificate)
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    other = Signer.open(tmp_path / "cert.pem", tmp_path / "key.pem")
    statement = {"day": "2026-03-02"}
    assert signature.check(statement, other.sign(statement), other.certificate)
    with pytest.raises(signature.SignatureError, match="not that of the certificate"):
        signature.check({"day": "2026-03-03"}, other.sign(statement), other.certificate)


def test_a_key_and_the_certificate_of_another_are_refused(papers: Papers, tmp_path: Path) -> None:
    with pytest.raises(signature.SignatureError, match="not that of the first"):
        Signer.open(papers.authority.ca_path, papers.signature.key_path)
    with pytest.raises(signature.SignatureError, match="cannot be read"):
        Signer.open(papers.signature.cert_path, tmp_path / "nothing")
