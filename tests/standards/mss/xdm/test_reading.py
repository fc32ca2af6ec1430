import contextlib
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.mss import xdm
from tests.standards.mss.conftest import CDA

SUBSET = "IHE_XDM/SUBSET01/"
METADATA = SUBSET + "METADATA.XML"
FIRST = SUBSET + "DOC0001.XML"


def files_of(package):
    archive = zipfile.ZipFile(io.BytesIO(package))
    return {i.filename: archive.read(i) for i in archive.infolist() if not i.is_dir()}


def zipped(files, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.fixture
def files(package):
    return files_of(package)


# Tolerance -----------------------------------------------------------------------------------


def test_names_in_lower_case_are_read(files):
    read = xdm.read(zipped({name.lower(): data for name, data in files.items()}))
    assert read.document(read.submission.documents[0]) == CDA


def test_names_with_backslashes_are_read(files):
    read = xdm.read(zipped({name.replace("/", "\\"): data for name, data in files.items()}))
    assert len(read.documents) == 2


def test_a_missing_index_or_readme_is_a_warning(files):
    del files["INDEX.HTM"], files["README.TXT"]
    assert xdm.read(zipped(files)).warnings == ("no_index", "no_readme")


def test_missing_hash_and_size_are_warnings(files):
    text = files[METADATA].decode()
    for name in ("hash", "size"):
        text = text.replace(f'name="{name}"', f'name="x-{name}"')
    files[METADATA] = text.encode()
    assert xdm.read(zipped(files)).warnings == ("no_hash", "no_size")


def test_files_that_the_metadata_do_not_announce_are_left(files):
    files[SUBSET + "COPY.PDF"] = b"%PDF"
    assert set(xdm.read(zipped(files)).documents) == {"DOC0001.XML", "DOC0002.PDF"}


def test_several_subsets_are_read_in_order(files):
    second = {n.replace("SUBSET01", "SUBSET02"): d for n, d in files.items() if SUBSET in n}
    read = xdm.read(zipped(second | files))
    assert len(read.others) == 1
    assert len(read.others[0].documents) == 2


def test_stored_entries_are_read(files):
    assert len(xdm.read(zipped(files, zipfile.ZIP_STORED)).documents) == 2


# Consistency ---------------------------------------------------------------------------------


def test_a_document_that_is_not_there_is_refused(files, xdm_refusal):
    del files[FIRST]
    assert xdm_refusal(zipped(files)) == "missing_document"


def test_a_document_of_another_size_is_refused(files, xdm_refusal):
    files[FIRST] += b" "
    assert xdm_refusal(zipped(files)) == "size_mismatch"


def test_a_document_of_other_bytes_is_refused(files, xdm_refusal):
    files[FIRST] = files[FIRST].replace(b"ClinicalDocument", b"clinicaldocument")
    assert xdm_refusal(zipped(files)) == "hash_mismatch"


def test_two_entries_for_one_file_are_refused(files, xdm_refusal):
    files[METADATA] = files[METADATA].replace(b"DOC0002.PDF", b"DOC0001.XML")
    assert xdm_refusal(zipped(files)) == "duplicate_name"


@pytest.mark.parametrize("uri", ["../../INDEX.HTM", "METADATA.XML", "/etc/passwd", "C:\\x"])
def test_a_uri_cannot_leave_its_subset(files, xdm_refusal, uri):
    files[METADATA] = files[METADATA].replace(b"DOC0001.XML", uri.encode())
    assert xdm_refusal(zipped(files)) == "missing_document"


def test_a_missing_uri_is_refused(files, xdm_refusal):
    files[METADATA] = files[METADATA].replace(b'name="URI"', b'name="x-uri"')
    assert xdm_refusal(zipped(files)) == "no_uri"


def test_no_metadata_is_refused(files, xdm_refusal):
    assert xdm_refusal(zipped({"INDEX.HTM": b"", "METADATA.XML": files[METADATA]})) == "no_metadata"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<a/>",
        b"nothing",
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    ],
)
def test_metadata_that_cannot_be_read_are_refused(files, xdm_refusal, data):
    files[METADATA] = data
    assert xdm_refusal(zipped(files)) == "metadata"


def test_metadata_without_document_are_refused(files, xdm_refusal):
    text = files[METADATA]
    start, end = text.index(b"<rim:ExtrinsicObject"), text.rindex(b"</rim:ExtrinsicObject>")
    files[METADATA] = text[:start] + text[end + len(b"</rim:ExtrinsicObject>") :]
    assert xdm_refusal(zipped(files)) in {"no_document", "metadata"}


# Hostile archives ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        "/etc/passwd",
        "IHE_XDM/../../evil",
        "IHE_XDM//x",
        "C:/x.txt",
        "..\\..\\x",
        "./x",
        "a" * 300,
    ],
)
def test_a_dangerous_name_is_refused(files, xdm_refusal, name):
    assert xdm_refusal(zipped({**files, name: b"x"})) == "unsafe_name"


def test_a_name_cut_by_a_nul_is_refused(files, xdm_refusal):
    data = zipped({**files, "IHE_XDM/evilX.txt": b"x"}).replace(b"evilX.txt", b"evil\0.txt")
    assert xdm_refusal(data) == "unsafe_name"


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", [FIRST, FIRST.lower(), FIRST.replace("/", "\\")])
def test_a_name_said_twice_is_refused(files, xdm_refusal, name):
    buffer = io.BytesIO(zipped(files))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(name, b"other")
    assert xdm_refusal(buffer.getvalue()) == "duplicate_name"


@pytest.mark.parametrize("mode", [0o120777, 0o060644, 0o010644])
def test_a_link_or_a_device_is_refused(files, xdm_refusal, mode):
    buffer = io.BytesIO(zipped(files))
    info = zipfile.ZipInfo("IHE_XDM/LINK")
    info.external_attr = mode << 16
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(info, "/etc/passwd")
    assert xdm_refusal(buffer.getvalue()) == "special_file"


def test_an_encrypted_entry_is_refused(package, xdm_refusal):
    data = bytearray(package)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(signature)
        while place >= 0:
            data[place + offset] |= 1
            place = data.find(signature, place + 1)
    assert xdm_refusal(bytes(data)) == "encrypted"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_compression_is_refused(files, xdm_refusal, method):
    assert xdm_refusal(zipped(files, method)) == "compression"


def test_a_bomb_is_stopped_while_it_inflates(files, xdm_refusal):
    files[FIRST] = bytes(40_000_000)
    data = zipped(files)
    assert len(data) < 100_000
    assert xdm_refusal(data) == "ratio"
    assert xdm_refusal(data, xdm.Limits(ratio=10**9, entry=10_000_000)) == "too_large"


def test_a_bomb_that_lies_about_its_size_is_stopped(files, xdm_refusal):
    bomb = bytes(40_000_000)
    data = zipped({**files, FIRST: bomb}).replace(
        len(bomb).to_bytes(4, "little"), (10).to_bytes(4, "little")
    )
    assert xdm_refusal(data) in {"corrupt", "size_mismatch", "ratio"}


def test_the_total_is_bounded_over_all_entries(files, xdm_refusal):
    assert xdm_refusal(zipped(files), xdm.Limits(total=5_000)) == "too_large"


def test_too_many_entries_are_refused(files, xdm_refusal):
    many = {f"F{n}": b"" for n in range(300)}
    assert xdm_refusal(zipped({**files, **many})) == "too_many_entries"


def test_a_directory_of_a_million_names_is_not_even_listed(xdm_refusal):
    data = b"PK\x01\x02" * 1_000_000
    assert xdm_refusal(data) == "too_many_entries"


def test_an_archive_over_the_limit_is_refused(package, xdm_refusal):
    assert xdm_refusal(package, xdm.Limits(archive=100)) == "too_large"


def test_a_damaged_entry_is_refused(package, xdm_refusal):
    place = package.index(b"DOC0001.XML") + 20
    damaged = package[:place] + b"\xff\xff\xff" + package[place + 3 :]
    assert xdm_refusal(damaged) == "corrupt"


@given(data=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data):
    with contextlib.suppress(xdm.XdmError):
        xdm.read(data)


@given(
    changes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4)
)
def test_a_package_with_changed_bytes_is_read_or_refused(session_package, changes):
    data = bytearray(session_package)
    for place, byte in changes:
        data[place % len(data)] = byte
    with contextlib.suppress(xdm.XdmError):
        xdm.read(bytes(data))


@given(cut=st.integers(0, 10**6))
def test_a_package_cut_short_is_refused(session_package, cut):
    with pytest.raises(xdm.XdmError):
        xdm.read(session_package[: cut % len(session_package)])
