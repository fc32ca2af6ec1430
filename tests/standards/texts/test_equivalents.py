"""The table of other names holds together."""

from carnet.standards.texts import equivalents


def test_an_abbreviation_and_its_words_lead_to_each_other() -> None:
    known = equivalents.by_term()
    long = equivalents.phrase("hypertension artérielle")
    assert long in known[("hta",)]
    assert ("hta",) in known[long]


def test_a_word_of_every_day_leads_to_what_it_covers_and_not_back() -> None:
    known = equivalents.by_term()
    assert ("ferritine",) in known[("fer",)]
    assert ("fer",) not in known.get(("ferritine",), ())


def test_no_term_is_its_own_other_name() -> None:
    assert not [term for term, others in equivalents.by_term().items() if term in others]


def test_every_group_has_several_terms() -> None:
    assert all(len(group.terms) > 1 for group in equivalents.groups())
