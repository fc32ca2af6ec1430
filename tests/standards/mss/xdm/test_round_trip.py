import hashlib
import io
import re
import zipfile
from dataclasses import replace

import pytest
from lxml import etree

from carnet.standards.mss import xdm
from tests.standards.mss.conftest import APPLICATION, CDA, SENDER


def test_what_is_built_is_read(submission, package):
    read = xdm.read(package)

    assert [e.unique_id for e in read.submission.documents] == [
        e.unique_id for e in submission.documents
    ]
    assert read.submission.submission_set.unique_id == submission.submission_set.unique_id
    assert read.document(read.submission.documents[0]) == CDA
    assert read.warnings == ()
    assert read.others == ()


def test_uri_hash_and_size_are_those_of_the_bytes(package):
    first, second = xdm.read(package).submission.documents

    assert (first.uri, second.uri) == ("DOC0001.XML", "DOC0002.PDF")
    assert first.size == len(CDA)
    assert first.hash == hashlib.sha1(CDA, usedforsecurity=False).hexdigest()


def test_every_name_is_iso_9660_level_1(package):
    for name in zipfile.ZipFile(io.BytesIO(package)).namelist():
        for part in name.rstrip("/").split("/"):
            assert re.fullmatch(r"[A-Z0-9_]{1,8}(\.[A-Z0-9_]{1,3})?", part)


def test_the_tree_is_the_one_of_the_specification(package):
    assert zipfile.ZipFile(io.BytesIO(package)).namelist() == [
        "IHE_XDM/",
        "IHE_XDM/SUBSET01/",
        "INDEX.HTM",
        "README.TXT",
        "IHE_XDM/SUBSET01/METADATA.XML",
        "IHE_XDM/SUBSET01/DOC0001.XML",
        "IHE_XDM/SUBSET01/DOC0002.PDF",
    ]


def test_the_index_is_xml_and_the_readme_plain(package):
    archive = zipfile.ZipFile(io.BytesIO(package))
    index = etree.fromstring(archive.read("INDEX.HTM"))
    links = index.xpath("//*[local-name()='a']/@href")
    assert links == [
        "IHE_XDM/SUBSET01/DOC0001.XML",
        "IHE_XDM/SUBSET01/DOC0002.PDF",
        "README.TXT",
    ]
    readme = archive.read("README.TXT").decode("ascii")
    assert "Emetteur : Hopital de l'Etang\r\n" in readme
    assert "1750100125" in readme
    assert "Application : Carnet 0.1" in readme


def test_the_same_input_gives_the_same_bytes(submission, package):
    documents = {"Document01": CDA, "Document02": b"%PDF-1.4 " + bytes(range(256)) * 40}
    again = xdm.build(submission, documents, sender=SENDER, application=APPLICATION)
    assert again == package


def test_the_action_is_read_from_the_entry_or_from_the_set(submission):
    def action(changed):
        documents = {e.id: CDA for e in changed.documents}
        read = xdm.read(xdm.build(changed, documents, sender=SENDER, application=APPLICATION))
        return read.action(read.submission.documents[0])

    slots = ((xdm.ACTION_SLOT, ("C",)),)
    first, second = submission.documents
    on_entry = replace(submission, documents=(replace(first, extra_slots=slots), second))
    on_set = replace(
        submission, submission_set=replace(submission.submission_set, extra_slots=slots)
    )
    assert (action(submission), action(on_entry), action(on_set)) == ("", "C", "C")


def test_nothing_is_built_without_a_document(submission):
    with pytest.raises(xdm.XdmError) as caught:
        xdm.build(replace(submission, documents=()), {}, sender=SENDER, application=APPLICATION)
    assert caught.value.code == "no_document"


def test_nothing_is_built_when_bytes_are_missing(submission):
    with pytest.raises(xdm.XdmError) as caught:
        xdm.build(submission, {"Document01": CDA}, sender=SENDER, application=APPLICATION)
    assert (caught.value.code, caught.value.place) == ("missing_document", "Document02")
