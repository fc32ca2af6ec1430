"""Hypothesis strategies for XDS metadata: any object that ebRIM can carry."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hypothesis import strategies as st

from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    Author,
    Code,
    DocumentEntry,
    Folder,
    Status,
    Submission,
    SubmissionSet,
)

T = TypeVar("T")
Slots = tuple[tuple[str, tuple[str, ...]], ...]

characters = st.one_of(
    st.sampled_from("&<>\"'^|é\t\n\r "),
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"),
)
#: Text of an attribute, where white space counts.
texts = st.text(characters, max_size=12)
#: Text of a rim:Value, where white space around is layout.
values = texts.map(lambda text: text.strip(" \t\r\n"))
words = values.filter(bool)
times = st.from_regex(r"\A20[0-9]{2}((0[1-9]|1[0-2])([0-2][1-8]([01][0-9][0-5][0-9])?)?)?\Z")
statuses = st.none() | st.sampled_from(Status)
versions = st.none() | st.integers(0, 10**9)
codes = st.builds(Code, code=words, scheme=values, display=texts)


def several(items: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    """A tuple of none to three of these."""
    return st.lists(items, max_size=3).map(tuple)


#: Slots whose names are none that XDS knows.
extra_slots: st.SearchStrategy[Slots] = st.dictionaries(
    values.map(lambda text: f"urn:x:{text}"), several(values), max_size=2
).map(lambda slots: tuple(slots.items()))

authors = st.builds(
    Author,
    person=values,
    institutions=several(words),
    roles=several(words),
    specialties=several(words),
    telecoms=several(words),
    extra_slots=extra_slots,
)


def entries(ids: st.SearchStrategy[str] = words) -> st.SearchStrategy[DocumentEntry]:
    """Any document entry whose id is one of `ids`."""
    return st.builds(
        DocumentEntry,
        id=ids,
        unique_id=texts,
        patient_id=texts,
        mime_type=texts,
        class_code=st.none() | codes,
        type_code=st.none() | codes,
        format_code=st.none() | codes,
        facility_type=st.none() | codes,
        practice_setting=st.none() | codes,
        confidentiality=several(codes),
        events=several(codes),
        authors=several(authors),
        title=texts,
        comments=texts,
        language=values,
        creation_time=times,
        service_start_time=st.just("") | times,
        service_stop_time=st.just("") | times,
        legal_authenticator=values,
        source_patient_id=values,
        source_patient_info=several(words),
        reference_ids=several(words),
        hash=values,
        size=st.none() | st.integers(0, 10**15),
        repository_unique_id=values,
        home_community_id=texts,
        uri=values,
        status=statuses,
        logical_id=texts,
        version=versions,
        document_availability=values,
        object_type=texts,
        extra_slots=extra_slots,
    )


def submission_sets(ids: st.SearchStrategy[str] = words) -> st.SearchStrategy[SubmissionSet]:
    """Any submission set whose id is one of `ids`."""
    return st.builds(
        SubmissionSet,
        id=ids,
        unique_id=texts,
        source_id=texts,
        patient_id=texts,
        submission_time=times,
        content_type=st.none() | codes,
        author=several(authors),
        title=texts,
        comments=texts,
        intended_recipients=several(words),
        home_community_id=texts,
        status=statuses,
        extra_slots=extra_slots,
    )


def folders(ids: st.SearchStrategy[str] = words) -> st.SearchStrategy[Folder]:
    """Any folder whose id is one of `ids`."""
    return st.builds(
        Folder,
        id=ids,
        unique_id=texts,
        patient_id=texts,
        title=texts,
        comments=texts,
        codes=several(codes),
        last_update_time=st.just("") | times,
        home_community_id=texts,
        status=statuses,
        logical_id=texts,
        version=versions,
        extra_slots=extra_slots,
    )


def associations(ids: st.SearchStrategy[str] = words) -> st.SearchStrategy[Association]:
    """Any association whose id is one of `ids`."""
    return st.builds(
        Association,
        type=st.sampled_from(AssociationType),
        source=texts,
        target=texts,
        id=ids,
        slots=extra_slots,
        documentation=st.none() | codes,
        status=statuses,
    )


@st.composite
def submissions(draw: st.DrawFn) -> Submission:
    """Any submission: at most one lot, all ids different."""
    ids = iter(draw(st.lists(words, unique=True, min_size=9, max_size=9)))

    def some(make: Callable[[st.SearchStrategy[str]], st.SearchStrategy[T]], most: int) -> list[T]:
        return [draw(make(st.just(next(ids)))) for _ in range(draw(st.integers(0, most)))]

    lots = some(submission_sets, 1)
    return Submission(
        submission_set=lots[0] if lots else None,
        documents=tuple(some(entries, 3)),
        folders=tuple(some(folders, 2)),
        associations=tuple(some(associations, 3)),
    )
