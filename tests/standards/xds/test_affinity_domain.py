"""The file of an affinity domain: its codes, and what is none of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from carnet.standards.xds import affinity_domain
from carnet.standards.xds.affinity_domain import CODE_TYPES, AffinityDomain, AffinityDomainError
from carnet.standards.xds.metadata import Association, AssociationType, Code, Folder
from tests.standards.xds.perfect import INS, SUBMISSION

FILE = b"""<Codes>
  <CodeType name="classCode" classScheme="urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a">
    <Code code="REPORTS" codingScheme="1.2.3" display="Reports"/>
  </CodeType>
  <CodeType name="mimeType"><Code code="text/plain" ext="txt"/></CodeType>
  <AssigningAuthority id="&amp;1.2.4&amp;ISO" display="RED"/>
</Codes>"""
DOMAIN = affinity_domain.read(FILE)
FULL = replace(
    SUBMISSION,
    folders=(Folder("Folder01", "1.2.9", INS, "Folder", codes=(Code("x", "1.2"),)),),
    associations=(
        *SUBMISSION.associations,
        Association(
            AssociationType.XFRM, "Document01", "urn:uuid:x", "Link", documentation=Code("t", "1")
        ),
    ),
)


def test_the_codes_the_media_types_and_the_authorities_are_read() -> None:
    assert DOMAIN.codes == {
        "classCode": {("REPORTS", "1.2.3")},
        "mimeType": {("text/plain", "")},
    }
    assert DOMAIN.knows("1.2.4")
    assert not DOMAIN.knows("1.2.5")


def test_a_domain_without_authorities_knows_patients_of_all() -> None:
    assert AffinityDomain().knows("1.2.5")


@pytest.mark.parametrize("kind", CODE_TYPES, ids=lambda kind: kind.attribute)
def test_a_code_that_is_not_of_the_domain_is_told_with_its_place(
    kind: affinity_domain.CodeType,
) -> None:
    (error,) = {
        error.context: error for error in AffinityDomain({kind.name: frozenset()}).check(FULL)
    }.values()
    assert error.context.startswith(kind.attribute)
    assert error.location in {each.id for each in kind.objects(FULL)}


def test_a_code_of_another_scheme_is_another_code() -> None:
    entry = replace(SUBMISSION.documents[0], mime_type="text/plain")
    for scheme, told in (("1.2.3", 0), ("1.2.4", 1)):
        entry = replace(entry, class_code=Code("REPORTS", scheme))
        assert len([*DOMAIN.check(replace(SUBMISSION, documents=(entry,)))]) == told


@pytest.mark.parametrize(
    "broken",
    [
        lambda file: file.replace(b"Codes>", b"Code>"),
        lambda file: file.replace(b'"classCode"', b'"otherCode"'),
        lambda file: file.replace(b'"mimeType"', b'"classCode"'),
        lambda file: file.replace(b' code="REPORTS"', b""),
        lambda file: file.replace(b"&amp;1.2.4&amp;ISO", b"RED"),
        lambda file: file.replace(b"&amp;1.2.4&amp;ISO", b"&amp;1.02&amp;ISO"),
        lambda file: file[:-1],
    ],
)
def test_a_file_that_describes_no_domain_is_refused(broken: Callable[[bytes], bytes]) -> None:
    with pytest.raises(AffinityDomainError):
        affinity_domain.read(broken(FILE))


def test_the_file_of_the_connectathon_is_read(examples: Path) -> None:
    domain = affinity_domain.read((examples / "xds/nist-testkit/codes.xml").read_bytes())
    assert set(domain.codes) == {kind.name for kind in CODE_TYPES}
    assert len(domain.authorities) == 3
