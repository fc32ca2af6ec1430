"""Every document has a category that a citizen understands (R-066)."""

from __future__ import annotations

import pytest

from carnet.standards import nos


@pytest.mark.parametrize(
    ("type_code", "slug"),
    [
        ("11490-0", "courriers"),
        ("11502-2", "biologie"),
        ("18748-4", "imagerie"),
        ("57833-6", "ordonnances"),
        ("87273-9", "vaccins"),
        ("89601-9", "certificats"),
        ("34112-3", "comptes-rendus"),
        ("EXPPAT_3", "volontes"),
        ("0-0", "autres"),
    ],
)
def test_the_type_says_the_category(type_code: str, slug: str) -> None:
    assert nos.category_of(type_code).slug == slug


def test_an_unknown_type_follows_its_class() -> None:
    assert nos.category_of("0-0", "31").slug == "imagerie"


@pytest.mark.parametrize("concept", nos.value_set("class_codes"))
def test_every_class_has_a_category_with_a_title_and_an_explanation(concept: nos.Concept) -> None:
    found = nos.category_of_class(concept.code)
    assert str(found) == found.title
    assert found.explanation.endswith(".")


def test_only_technical_types_are_left_in_the_last_category() -> None:
    left = {t.code for t in nos.value_set("type_codes") if nos.category_of(t.code).slug == "autres"}
    assert left == {"E1762", "FEUILLE-DE-STYLE", "EXPORT_DUI", "34895-3"}


def test_slugs_are_unique_and_lead_back() -> None:
    slugs = [c.slug for c in nos.CATEGORIES]
    assert len(slugs) == len(set(slugs))
    assert all(nos.category(s).slug == s for s in slugs)


def test_an_unknown_slug_is_refused() -> None:
    with pytest.raises(nos.UnknownCode):
        nos.category("nothing")
