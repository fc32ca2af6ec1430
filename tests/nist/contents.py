"""What the plans of the toolkit expect of an answer, each by the name that they give it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from carnet.standards.xds.ebrim import RIM
from carnet.standards.xds.iti18 import read_response
from carnet.standards.xds.metadata import AssociationType, RegistryObjects, Status


@dataclass(frozen=True)
class Answer:
    """The objects and the references that a stored query answered."""

    objects: RegistryObjects
    references: int

    @classmethod
    def of(cls, payload: etree._Element) -> Answer:
        found = read_response(payload)
        return cls(
            RegistryObjects(
                found.documents, found.submission_sets, found.folders, found.associations
            ),
            sum(1 for _ in payload.iter(f"{{{RIM}}}ObjectRef")),
        )


_COUNTS: Mapping[str, Callable[[Answer], int]] = {
    "Documents": lambda answer: len(answer.objects.documents),
    "SubmissionSets": lambda answer: len(answer.objects.submission_sets),
    "Folders": lambda answer: len(answer.objects.folders),
    "Associations": lambda answer: len(answer.objects.associations),
    "ObjectRefs": lambda answer: answer.references,
}
#: One lot with so many documents and folders, and an association from each holder to each member.
_LOTS: Mapping[str, tuple[int, int]] = {
    "SSwithOneDoc": (1, 0),
    "SSwithTwoDoc": (2, 0),
    "SSwithOneFol": (0, 1),
    "SSwithOneDocOneFol": (1, 1),
    "SSwithTwoDocOneFol": (2, 1),
}
_STATUSES: Mapping[str, tuple[str, Status]] = {
    "DocApp": ("documents", Status.APPROVED),
    "DocDep": ("documents", Status.DEPRECATED),
    "OneDocApp": ("documents", Status.APPROVED),
    "OneDocDep": ("documents", Status.DEPRECATED),
    "SSApproved": ("submission_sets", Status.APPROVED),
}


def problems(expected: etree._Element, payload: etree._Element) -> Iterator[str]:
    """What the answer has not of `ExpectedContents`."""
    for each in expected.iterchildren(tag=etree.Element):
        name = etree.QName(each).localname
        answer = Answer.of(payload)
        if name == "None":
            if [*answer.objects] or answer.references:
                yield "something is answered, nothing was expected"
        elif name in _COUNTS:
            found = _COUNTS[name](answer)
            if found != int(each.get("count", "0")):
                yield f"{name}: {found}, {each.get('count')} expected"
        elif name in _LOTS:
            yield from _lot(name, answer.objects)
        elif name in _STATUSES:
            kind, status = _STATUSES[name]
            held = [one.status for one in getattr(answer.objects, kind)]
            if held != [status]:
                yield f"{name}: {held}"
        else:
            yield f"{name} is not an expectation that the player knows"


def _lot(name: str, found: RegistryObjects) -> Iterator[str]:
    documents, folders = _LOTS[name]
    counts = (len(found.submission_sets), len(found.documents), len(found.folders))
    if counts != (1, documents, folders):
        yield f"{name}: {counts} lots, documents and folders"
        return
    (lot,) = found.submission_sets
    members = {
        (link.source, link.target)
        for link in found.associations
        if link.type is AssociationType.HAS_MEMBER
    }
    wanted = {(lot.id, each.id) for each in (*found.documents, *found.folders)}
    wanted |= {(folder.id, each.id) for folder in found.folders for each in found.documents}
    if missing := wanted - members:
        yield f"{name}: {len(missing)} associations are missing"
