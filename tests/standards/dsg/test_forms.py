"""What is changed after it was signed, and what is signed in another form, is refused."""

from base64 import b64encode
from copy import deepcopy
from datetime import timedelta

import pytest
from lxml import etree

from carnet.standards.dsg import Fault
from carnet.standards.dsg.reading import MOST_DOCUMENTS
from carnet.standards.dsg.signature import MANIFEST_ID, XADES_1_1
from carnet.standards.xmldsig import ds
from tests.standards.dsg.conftest import CDA, find


def manifest_of(root):
    return find(root, "Object/Manifest")


def xades(tag):
    return f"{{{XADES_1_1}}}{tag}"


# What is changed after the signature was made


def other_document(root):
    manifest_of(root)[1].set("URI", "urn:oid:1.2.3")


def other_lot(root):
    manifest_of(root)[0].set("URI", "urn:oid:1.2.3")


def other_digest(root):
    manifest_of(root)[1].find(ds("DigestValue")).text = b64encode(bytes(32)).decode()


def no_document(root):
    manifest_of(root).remove(manifest_of(root)[2])


def other_time(root):
    next(root.iter(xades("SigningTime"))).text = "2026-03-02T08:00:00Z"


def other_designation(root):
    next(root.iter(xades("DigestValue"))).text = b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "edit", [other_document, other_lot, other_digest, no_document, other_time, other_designation]
)
def test_what_is_signed_cannot_be_changed(signer, edit):
    assert signer.refusal(signer.broken(edit)) is Fault.ALTERED


def test_what_says_what_is_signed_cannot_be_changed(signer):
    def forge(root):
        zero = b64encode(bytes(32)).decode()
        find(root, "SignedInfo/Reference/DigestValue").text = zero

    assert signer.refusal(signer.broken(forge)) is Fault.VALUE


def test_the_value_of_another_signature_does_not_fit(signer, pki):
    other = etree.fromstring(signer.sign(signed_at=pki.now + timedelta(seconds=1)))

    def exchange(root):
        find(root, "SignatureValue").text = find(other, "SignatureValue").text

    assert signer.refusal(signer.broken(exchange)) is Fault.VALUE


# Wrapping: the signed element elsewhere, and another in its place


def forged_manifest(root):
    """A forged manifest takes the place and the id of the signed one, which is given."""
    signed = manifest_of(root)
    forged = deepcopy(signed)
    forged[1].set("URI", "urn:oid:1.2.3")
    signed.getparent().replace(signed, forged)
    return signed


def wrapped_manifest(root):
    etree.SubElement(root, ds("Object")).append(forged_manifest(root))


def wrapped_under_a_new_id(root):
    wrapped_manifest(root)
    manifest_of(root).set("Id", "Forged")


def manifest_in_the_properties(root):
    """The signed manifest hides where nothing is read; the reference still leads to it."""
    signed = forged_manifest(root)
    manifest_of(root).set("Id", "Forged")
    find(root, "Object/SignatureProperties/SignatureProperty").append(signed)


def properties_elsewhere(root):
    signed = next(root.iter(xades("SignedProperties")))
    qualifying = signed.getparent()
    forged = deepcopy(signed)
    forged.set("Id", "Forged")
    next(forged.iter(xades("SigningTime"))).text = "2026-03-02T08:00:00Z"
    qualifying.replace(signed, forged)
    etree.SubElement(qualifying, xades("UnsignedProperties")).append(signed)


def two_qualifying_properties(root):
    root.append(deepcopy(root[-1]))


def signature_in_a_signature(root):
    etree.SubElement(root, ds("Object")).append(deepcopy(root))


def two_ids_in_two_spellings(root):
    find(root, "Object/SignatureProperties").set("ID", MANIFEST_ID)


def xml_id(root):
    find(root, "KeyInfo").set("{http://www.w3.org/XML/1998/namespace}id", MANIFEST_ID)


def comment_in_a_value(root):
    find(root, "SignatureValue").append(etree.Comment("x"))


def instruction(root):
    manifest_of(root).insert(1, etree.ProcessingInstruction("x", "y"))


def text_of_the_space(root):
    manifest_of(root).getparent().set("{http://www.w3.org/XML/1998/namespace}base", "http://x/")


def third_reference(root):
    info = find(root, "SignedInfo")
    info.append(deepcopy(info[-1]))


def references_swapped(root):
    info = find(root, "SignedInfo")
    info.append(info[2])


def reference_to_everything(root):
    find(root, "SignedInfo/Reference").set("URI", "")


def reference_outside(root):
    find(root, "SignedInfo/Reference").set("URI", "http://127.0.0.1/manifest")


def reference_by_pointer(root):
    find(root, "SignedInfo/Reference").set("URI", f"#xpointer(id('{MANIFEST_ID}'))")


def reference_of_no_type(root):
    del find(root, "SignedInfo/Reference").attrib["Type"]


def no_properties(root):
    find(root, "SignedInfo").remove(find(root, "SignedInfo")[3])
    root.remove(root[-1])


def of_another_signature(root):
    root[-1][0].set("Target", "#S1")


def file_for_a_document(root):
    manifest_of(root)[1].set("URI", "file:///etc/passwd")


def document_by_no_oid(root):
    manifest_of(root)[1].set("URI", f"urn:oid:{CDA}\n")


def endless_oid(root):
    manifest_of(root)[1].set("URI", "urn:oid:1." + "1" * 100)


def lot_with_a_digest(root):
    manifest_of(root)[0].find(ds("DigestValue")).text = b64encode(b"\x01").decode()


def lot_alone(root):
    manifest = manifest_of(root)
    for reference in list(manifest)[1:]:
        manifest.remove(reference)


def huge_manifest(root):
    manifest = manifest_of(root)
    for number in range(MOST_DOCUMENTS):
        manifest.append(deepcopy(manifest[1]))
        manifest[-1].set("URI", f"urn:oid:1.2.{number}")


def two_times(root):
    time = next(root.iter(xades("SigningTime")))
    time.addnext(deepcopy(time))


def time_of_nowhere(root):
    next(root.iter(xades("SigningTime"))).text = "2026-03-02T09:00:00"


def no_day(root):
    next(root.iter(xades("SigningTime"))).text = "2026-02-30T09:00:00Z"


def no_designation(root):
    found = next(root.iter(xades("SigningCertificate")))
    found.getparent().remove(found)


def bad_base64(root):
    manifest_of(root)[1].find(ds("DigestValue")).text = "é"


SHAPES = [
    wrapped_manifest,
    wrapped_under_a_new_id,
    manifest_in_the_properties,
    properties_elsewhere,
    two_qualifying_properties,
    signature_in_a_signature,
    two_ids_in_two_spellings,
    xml_id,
    comment_in_a_value,
    instruction,
    text_of_the_space,
    third_reference,
    references_swapped,
    reference_to_everything,
    reference_outside,
    reference_by_pointer,
    reference_of_no_type,
    no_properties,
    of_another_signature,
    file_for_a_document,
    document_by_no_oid,
    endless_oid,
    lot_with_a_digest,
    lot_alone,
    huge_manifest,
    two_times,
    time_of_nowhere,
    no_day,
    no_designation,
    bad_base64,
]


@pytest.mark.parametrize("edit", SHAPES)
def test_another_form_is_refused_even_from_the_holder_of_the_key(signer, edit):
    assert signer.refusal(signer.resigned(edit)) is Fault.SHAPE


@pytest.mark.parametrize("edit", SHAPES[:5])
def test_a_wrapped_signature_is_refused_as_it_was_signed(signer, edit):
    assert signer.refusal(signer.broken(edit)) is Fault.SHAPE
