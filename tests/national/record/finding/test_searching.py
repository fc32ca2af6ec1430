"""What is found, for whom, in which order."""

from tests.national.record.finding.letters import publish


def test_a_word_of_the_text_is_found_with_its_passage(owner, read):
    publish(owner.ins, "Le scanner montre une fracture du radius.", title="Urgences")
    publish(owner.ins, "Tout va bien.", title="Consultation")
    assert read() == 2
    found = owner.find("fractures")
    assert [r.document.title for r in found.results] == ["Urgences"]
    (passage,) = found.results[0].passages
    assert "<mark>fracture</mark> du radius" in passage.html
    assert passage.page == 1
    assert found.total == 1
