"""XDS metadata in ebRIM 3.0, both ways (ITI TF-3, 4.2.3; ebRIM 3.0, OASIS; spec dmp §3.3).

What is written as what is one table, `vocabulary`: reading and writing follow it.
"""

from carnet.standards.xds.ebrim.reading import (
    read_entry,
    read_folder,
    read_heading,
    read_objects,
    read_submission,
    read_submission_set,
)
from carnet.standards.xds.ebrim.vocabulary import LCM, QUERY, RIM, RS, XDSB
from carnet.standards.xds.ebrim.writing import (
    association_fragment,
    entry_fragment,
    folder_fragment,
    fragments,
    registry_object_list,
    slot,
    submission_set_fragment,
    write_submission,
)

__all__ = [
    "LCM",
    "QUERY",
    "RIM",
    "RS",
    "XDSB",
    "association_fragment",
    "entry_fragment",
    "folder_fragment",
    "fragments",
    "read_entry",
    "read_folder",
    "read_heading",
    "read_objects",
    "read_submission",
    "read_submission_set",
    "registry_object_list",
    "slot",
    "submission_set_fragment",
    "write_submission",
]
