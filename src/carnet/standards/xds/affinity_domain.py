"""What an affinity domain agrees on: the codes of each coded attribute, media types, authorities.

The file is that of the NIST XDS toolkit and of connectathons (`codes.xml`): for each `CodeType` its
codes, each `code` in a `codingScheme`, and the `AssigningAuthority` of its patients. A type that
the file does not name is free. Source: ITI TF-3, 4.2.3.1 (codes); ITI TF-1, 10.4.8 (domain).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from lxml import etree

from carnet.standards import xml
from carnet.standards.ids import Oid
from carnet.standards.xds.errors import ErrorCode, RegistryError
from carnet.standards.xds.metadata import Code, Submission
from carnet.standards.xml import XmlError

_Objects = Callable[[Submission], Any]


class AffinityDomainError(ValueError):
    """The file is not one that describes an affinity domain; the message says where."""


@dataclass(frozen=True, slots=True)
class CodeType:
    """A `CodeType` of the file and the attribute it is about: `field` of each of `objects`."""

    name: str
    attribute: str
    field: str
    objects: _Objects


def _documents(submission: Submission) -> Any:
    return submission.documents


def _lots(submission: Submission) -> Any:
    return () if submission.submission_set is None else (submission.submission_set,)


def _entry(name: str, field: str) -> CodeType:
    return CodeType(name, f"DocumentEntry.{name}", field, _documents)


CODE_TYPES: Final = (
    _entry("classCode", "class_code"),
    _entry("confidentialityCode", "confidentiality"),
    _entry("eventCodeList", "events"),
    _entry("formatCode", "format_code"),
    _entry("healthcareFacilityTypeCode", "facility_type"),
    _entry("mimeType", "mime_type"),
    _entry("practiceSettingCode", "practice_setting"),
    _entry("typeCode", "type_code"),
    CodeType("contentTypeCode", "SubmissionSet.contentTypeCode", "content_type", _lots),
    CodeType("folderCodeList", "Folder.codeList", "codes", lambda each: each.folders),
    CodeType(
        "associationDocumentation",
        "Association.documentation",
        "documentation",
        lambda each: each.associations,
    ),
)


@dataclass(frozen=True, slots=True)
class AffinityDomain:
    """`codes` are (code, coding scheme) by the name of their type; `authorities` OIDs.

    A media type is a code without scheme. No authority at all: any is welcome.
    """

    codes: Mapping[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    authorities: frozenset[Oid] = frozenset()

    def check(self, submission: Submission) -> Iterator[RegistryError]:
        """An error for each attribute whose code is none of the domain; it repeats no value."""
        for kind in CODE_TYPES:
            allowed = self.codes.get(kind.name)
            if allowed is None:
                continue
            for each in kind.objects(submission):
                if not allowed.issuperset(_codes(getattr(each, kind.field))):
                    yield RegistryError(
                        ErrorCode.REGISTRY_METADATA_ERROR,
                        f"{kind.attribute} is not a code of the affinity domain",
                        location=each.id,
                    )

    def knows(self, authority: str) -> bool:
        """Whether patients are known by identifiers of this authority."""
        return not self.authorities or authority in self.authorities


def _codes(value: Code | str | tuple[Code, ...] | None) -> Iterator[tuple[str, str]]:
    match value:
        case None | "":
            return
        case Code(code, scheme):
            yield code, scheme
        case str():
            yield value, ""
        case _:
            for each in value:
                yield each.code, each.scheme


def read(data: bytes) -> AffinityDomain:
    """Read the file. Raises `AffinityDomainError`."""
    try:
        root = xml.parse(data)
        if root.tag != "Codes":
            raise AffinityDomainError("the root element is not Codes")
        names = [_attribute(kind, "name") for kind in root.iterchildren("CodeType")]
        if strangers := set(names) - {kind.name for kind in CODE_TYPES}:
            raise AffinityDomainError(f"no attribute is a {min(strangers)}")
        if len(set(names)) != len(names):
            raise AffinityDomainError("a CodeType is there twice")
        codes = {
            name: frozenset(
                (_attribute(code, "code"), code.get("codingScheme", ""))
                for code in kind.iterchildren("Code")
            )
            for name, kind in zip(names, root.iterchildren("CodeType"), strict=True)
        }
        authorities = frozenset(
            Oid(_attribute(each, "id").split("&")[1])
            for each in root.iterchildren("AssigningAuthority")
        )
    except XmlError as error:
        raise AffinityDomainError(str(error)) from None
    except (IndexError, ValueError) as error:
        if isinstance(error, AffinityDomainError):
            raise
        raise AffinityDomainError("an AssigningAuthority is not &OID&ISO") from None
    return AffinityDomain(MappingProxyType(codes), authorities)


def _attribute(element: etree._Element, name: str) -> str:
    value = element.get(name, "")
    if not value:
        raise AffinityDomainError(
            f"line {element.sourceline}: {etree.QName(element).localname} without {name}"
        )
    return value
