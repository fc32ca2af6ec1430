"""One perfect patient and the messages about them, for the tests of the establishment."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from carnet.standards.hl7v2.messages import AdtEvent, LocalId, Movement, PatientIdentity
from carnet.standards.ids import INS_NIR_TEST, Ins, matricule_key


def ins(body: str = "2810499900011") -> Ins:
    """A matricule with its key, in the test domain."""
    return Ins(body + matricule_key(body), INS_NIR_TEST)


INS = ins()
OTHER_INS = ins("2810499900022")


def ipp(value: str = "IPP1") -> LocalId:
    return LocalId(value, "CH-AUBRE", "1.2.250.1.999.7.1")


PATIENT = PatientIdentity(
    local_ids=(ipp(),),
    birth_name="CARRIERE",
    first_given_name="LOUISE",
    given_names="LOUISE ANNE",
    birth_date="19810412",
    sex="F",
    birth_place="63220",
    reliability=("PROV",),
)
QUALIFIED = replace(PATIENT, ins=INS, reliability=("VALI",))

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def adt(trigger: str = "A28", patient: PatientIdentity = PATIENT, **fields: Any) -> AdtEvent:
    """An ADT message recorded on 1 March 2026 at noon, unless `recorded_at` says otherwise."""
    return AdtEvent(
        **{
            "trigger": trigger,
            "control_id": "M1",
            "recorded_at": "20260301120000",
            "patient": patient,
            **fields,
        }
    )


def movement(value: str = "MVT1", action: str = "INSERT", **fields: Any) -> Movement:
    return Movement(
        **{
            "ids": (LocalId(value, "CH-AUBRE", "1.2.250.1.999.7.2"),),
            "at": "20260301113000",
            "action": action,
            "historic": False,
            **fields,
        }
    )
