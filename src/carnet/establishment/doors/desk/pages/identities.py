"""« Identités » : who is waited for, one patient, alerts and merges."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from carnet.establishment.doors.desk.access import Visitor, open_to
from carnet.establishment.doors.desk.pages import wishes
from carnet.establishment.doors.desk.places import patient_at
from carnet.establishment.exchange import queries as exchange
from carnet.establishment.patients import files, worklist
from carnet.establishment.patients import queries as patients
from carnet.establishment.patients.actors import Operator
from carnet.establishment.patients.policy import policy


@open_to(Visitor.OPERATOR)
def waiting(request: HttpRequest, operator: Operator) -> HttpResponse:
    """The identities that documents wait for, with what each lacks."""
    return render(
        request,
        "desk/identities.html",
        {
            "operator": operator,
            "place": "identities",
            "identities": exchange.waiting_identities(operator),
        },
    )


@open_to(Visitor.OPERATOR)
def patient(request: HttpRequest, operator: Operator, patient_id: UUID) -> HttpResponse:
    """One patient as the establishment knows them. Raises `MessageNotFound`."""
    found = patient_at(patient_id)
    return render(
        request,
        "desk/patient.html",
        {
            "operator": operator,
            "place": "identities",
            "patient": found,
            "file": files.file_of(patient_id, policy()),
            "wishes": wishes.spoken(found.feeding, found.consultation),
            "locked": bool({"DOUT", "FICT"} & set(found.attributes)),
            "feeds": exchange.feeds_of(operator, patient_id),
            "merges": worklist.merges_into(patient_id),
            "history": patients.history(patient_id),
            "ins_history": patients.ins_history(patient_id),
            "movements": patients.movements(patient_id),
            "documents": exchange.documents_of(operator, patient_id),
        },
    )


@open_to(Visitor.OPERATOR)
def alerts(request: HttpRequest, operator: Operator) -> HttpResponse:
    """The same INS on two patients, and the latest merges."""
    return render(
        request,
        "desk/alerts.html",
        {
            "operator": operator,
            "place": "alerts",
            "alerts": patients.open_alerts(),
            "merges": patients.merges(),
        },
    )
