"""Why a plan of the toolkit does not pass as it is published: what the player meets, and why."""

from __future__ import annotations

from collections.abc import Mapping

EXPLAINED: Mapping[str, tuple[tuple[str, ...], str]] = {
    "12346": (
        (
            "submit_doc: Failure, Success expected"
            " (XDSRegistryMetadataError: two slots have the same name)",
        ),
        "single_doc.xml of the whole test gives referenceIdList twice: the names of the slots of an"
        " object are unique (ebRIM 3.0, 2.8.1; ITI TF-3, 4.2.3.1.4). The sections of the test, that"
        " the index names and the queries use, have a file without this mistake, and pass.",
    ),
    "11897/no_matching_classcode": (
        ("no_matching_classcode: Success, Failure expected",),
        "The plan dates from XDS.a, where the scheme was a parameter of its own whose number could"
        " differ. Its query now gives code^^scheme, is right, and finds nothing, which is a success"
        " (ITI TF-2, 3.18.4.1.3); its own readme says that it must return nothing.",
    ),
    "12029/retrieve": (
        ("retrieve: the document is not my_document.pdf",),
        "The plan submits readme.txt and compares what is retrieved with my_document.pdf. The bytes"
        " that were submitted come back (ITI TF-2, 3.43.4.2.3): the player compares them too.",
    ),
}
