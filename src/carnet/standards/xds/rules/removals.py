"""What may leave a registry without leaving it broken (ITI TF-2, 3.62.4.1.3).

An association goes with what it links; what stays is still of a lot, and no lot is left empty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from carnet.standards.xds.errors import ErrorCode, RegistryError
from carnet.standards.xds.metadata import Association, AssociationType


def check_removal(
    removed: Collection[str], lots: Collection[str], links: Sequence[Association]
) -> Iterator[RegistryError]:
    """All that is wrong with removing these objects from a record.

    `lots` are the ids of all its lots, `links` all its associations, those removed too.
    """
    staying = [link for link in links if link.id not in removed]
    for link in staying:
        for end in (link.source, link.target):
            if end in removed:
                yield RegistryError(
                    ErrorCode.REFERENCES_EXIST,
                    "an association that stays refers to it",
                    location=end,
                )
    leading = {link.source for link in staying}
    members = {
        link.target
        for link in staying
        if link.type is AssociationType.HAS_MEMBER and link.source in lots
    }
    for link in links:
        if link.id not in removed or link.source not in lots:
            continue
        if link.source not in removed and link.source not in leading:
            yield _unreferenced(link.source, "the lot would be left empty")
        is_member = link.type is AssociationType.HAS_MEMBER
        if is_member and link.target not in removed and link.target not in members:
            yield _unreferenced(link.target, "it would be left without a lot")


def _unreferenced(place: str, problem: str) -> RegistryError:
    return RegistryError(ErrorCode.UNREFERENCED_OBJECT, problem, location=place)
