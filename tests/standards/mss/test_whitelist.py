from datetime import UTC, datetime, timedelta

import pytest

from carnet.standards.mss.whitelist import Entry, Whitelist, WhitelistError, parse, write

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DN = "CN=smtp.hopital.mssante.fr,OU=1750100125,O=Hôpital de l'Étang,ST=Département (75),C=FR"
OTHER = "CN=smtp.labo.mssante.fr,OU=339172288100052,O=Labo,ST=Rhône (69),C=FR"


def listed(*entries, at=AT):
    return parse(write(at, entries))


@pytest.fixture
def whitelist():
    return listed(
        Entry("hopital.mssante.fr", DN, "Hôpital", "0102030405 a@b.fr", "support", "2026-01-01"),
        Entry("hopital.mssante.fr", DN),
        Entry("Clinique.mssante.fr", DN),
        Entry("labo.mssante.fr", OTHER),
    )


def refusal(call):
    with pytest.raises(WhitelistError) as caught:
        call()
    return caught.value.code


def test_a_pair_of_the_list_is_allowed(whitelist):
    assert whitelist.allows("hopital.mssante.fr", DN)
    assert whitelist.allows("CLINIQUE.mssante.fr ", DN)


def test_the_name_may_be_written_otherwise(whitelist):
    reordered = (
        "c=FR, st=Departement (75), o=HÔPITAL de l'Étang, ou=1750100125, cn=smtp.hopital.mssante.fr"
    )
    assert whitelist.allows("hopital.mssante.fr", reordered)


@pytest.mark.parametrize(
    ("domain", "dn"),
    [
        ("labo.mssante.fr", DN),
        ("hopital.mssante.fr", OTHER),
        ("mssante.fr", DN),
        ("sous.hopital.mssante.fr", DN),
        ("hopital.mssante.fr", "CN=smtp.hopital.mssante.fr"),
        ("hopital.mssante.fr", ""),
        ("", DN),
    ],
)
def test_any_other_pair_is_refused(whitelist, domain, dn):
    assert not whitelist.allows(domain, dn)


def test_a_certificate_of_the_list_is_known_for_any_domain(whitelist):
    assert whitelist.knows(OTHER)
    assert not whitelist.knows("CN=stranger")
    assert not whitelist.knows("")


def test_repeats_are_tolerated_and_the_texts_kept(whitelist):
    assert len(whitelist.entries) == 4
    assert len(whitelist.pairs) == 3
    assert whitelist.domains == {"hopital.mssante.fr", "clinique.mssante.fr", "labo.mssante.fr"}
    assert whitelist.entries[0].contact == "0102030405 a@b.fr"
    assert whitelist.generated_at == AT


def test_an_entry_that_cannot_be_read_is_left_out_and_counted():
    read = listed(Entry("labo.mssante.fr", OTHER), Entry("bad domain", DN), Entry("a.fr", "what"))
    assert (len(read.entries), read.ignored) == (1, 2)


def test_a_list_without_its_end_is_refused():
    """The sample that is published lacks its closing tag, and its checksum is right."""
    truncated = write(AT, [Entry("labo.mssante.fr", OTHER)]).replace(b"</ListeBlancheMSSante>", b"")
    assert refusal(lambda: parse(truncated)) == "unreadable"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "unreadable"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "unreadable"),
        (b"<ListeBlancheMSSante/>", "not_a_list"),
        (b'<ListeBlancheMSSante xmlns="https://listeblanche.mssante.fr/schema"/>', "empty"),
    ],
)
def test_what_is_no_list_is_refused(data, code):
    assert refusal(lambda: parse(data)) == code


@pytest.mark.parametrize("date", [b"", b"hier", b"2026-03-02T09:00:00"])
def test_a_list_without_date_is_refused(date):
    data = write(AT, [Entry("labo.mssante.fr", OTHER)]).replace(b"2026-03-02T09:00:00Z", date)
    assert refusal(lambda: parse(data)) == "no_date"


def many(count, at):
    return listed(*(Entry(f"d{n}.mssante.fr", DN) for n in range(count)), at=at)


def test_a_newer_list_takes_the_place():
    new = many(99, AT + timedelta(hours=1))
    assert many(100, AT).replaced_by(new) is new


def test_an_older_list_is_refused():
    old, new = many(5, AT), many(5, AT + timedelta(hours=1))
    assert refusal(lambda: new.replaced_by(old)) == "older"


def test_a_list_that_shrinks_sharply_is_refused():
    assert refusal(lambda: many(100, AT).replaced_by(many(79, AT))) == "shrunk"
    assert isinstance(many(100, AT).replaced_by(many(79, AT), max_loss=0.5), Whitelist)
