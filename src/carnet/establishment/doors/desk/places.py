"""What an address of the desk names, and where a deed leads."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from carnet.establishment.exchange.queries import MessageNotFound
from carnet.establishment.patients import queries as patients
from carnet.establishment.patients.queries import LocalPatient


def patient_at(patient_id: UUID) -> LocalPatient:
    """The patient of an address. Raises `MessageNotFound`."""
    found = patients.get(patient_id)
    if found is None:
        raise MessageNotFound(patient_id)
    return found


def back_to(page: str, *arguments: UUID) -> HttpResponse:
    """On to a page of the desk, by its name: what follows a deed."""
    return HttpResponseRedirect(reverse(f"desk:{page}", args=arguments))
