"""« Arrivée » : find the patient or make them known, ask INSi, see a document, read the status.

Each step is a form that Enter sends, the next thing to do has the focus; no script is needed.
Requirements: R-034, R-092, R-227, R-229.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from uuid_utils.compat import uuid7

from carnet.establishment.clients.symbols import LIMIT, Unreadable, read_symbols
from carnet.establishment.doors.desk import deeds
from carnet.establishment.doors.desk.access import Visitor, open_to
from carnet.establishment.doors.desk.forms import SearchForm, TraitsForm, initial
from carnet.establishment.doors.desk.words import DEVICES, ORIGINS, SITUATIONS
from carnet.establishment.exchange import following, insi
from carnet.establishment.exchange.configuration import configuration
from carnet.establishment.exchange.queries import MessageNotFound
from carnet.establishment.patients import files, inquiries, vigilance, worklist
from carnet.establishment.patients import queries as patients
from carnet.establishment.patients.actors import Operator
from carnet.establishment.patients.policy import policy
from carnet.establishment.patients.queries import LocalPatient
from carnet.standards.hl7v2.messages import LocalId
from carnet.standards.ins import BirthDate, Sex, TraitError, datamatrix, normalise
from carnet.standards.ins.datamatrix import Datamatrix, DatamatrixError
from carnet.standards.ins.devices import DEVICES as KNOWN_DEVICES
from carnet.standards.ins.devices import Origin, Situation
from carnet.standards.ins.insi import CardQuery, Matricule, Query, TraitsQuery

#: Seconds that somebody at a desk waits for INSi.
PATIENCE: Final = 8.0


@dataclass(frozen=True, slots=True)
class _Found:
    """What a search gave; `scanned` is what the symbol said, to be proven like any other."""

    people: tuple[LocalPatient, ...]
    traits: TraitsForm
    scanned: Datamatrix | None = None


@open_to(Visitor.OPERATOR)
@sensitive_post_parameters()
def search(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Find who arrives, by typing or by a datamatrix INS, typed by its reader or in a file."""
    form, found = SearchForm(), None
    if request.method == "POST":
        form = SearchForm(request.POST)
        try:
            scanned = _scanned(request)
        except _NotScanned as error:
            messages.error(request, str(error))
        else:
            if scanned is not None:
                form, found = SearchForm(), _by_symbol(scanned)
            elif form.is_valid():
                found = _by_typing(form)
    return render(
        request,
        "desk/arrival.html",
        {"operator": operator, "place": "arrival", "form": form, "found": found},
        status=400 if request.method == "POST" and found is None else 200,
    )


class _NotScanned(ValueError):  # noqa: N818 - the name is the fact
    """Nothing could be read of what was scanned; says why, in the language of the page."""


def _scanned(request: HttpRequest) -> Datamatrix | None:
    """What was scanned, if anything was. Raises `_NotScanned`."""
    typed = request.POST.get("scan", "").strip()
    upload = request.FILES.get("file")
    if upload is not None:
        try:
            symbols = read_symbols(upload.read(LIMIT + 1))
        except Unreadable:
            raise _NotScanned(_("Ce fichier n’est ni une image ni un PDF lisible.")) from None
        if not symbols:
            raise _NotScanned(_("Aucun datamatrix n’est lisible dans ce fichier."))
        typed = symbols[0].decode("latin-1")
    if not typed:
        return None
    try:
        return datamatrix.read(
            typed, separators=(datamatrix.GS, *settings.CARNET_SCANNER_SEPARATORS)
        )
    except DatamatrixError as error:
        said = _("Ce n’est pas un datamatrix INS lisible (%(place)s) : taper l’identité.")
        raise _NotScanned(said % {"place": error.place}) from None


def _by_symbol(scanned: Datamatrix) -> _Found:
    traits = scanned.traits
    ids = files.by_number(scanned.ins.matricule)
    ids += files.by_birth(traits.birth_date.hl7, traits.birth_name[: files.LETTERS])
    return _Found(_people(ids), TraitsForm(initial=dict(initial(traits))), scanned)


def _by_typing(form: SearchForm) -> _Found:
    typed = form.cleaned_data
    born: BirthDate | None = typed["birth_date"]
    ids = files.by_number(typed["number"]) if typed["number"] else []
    if born is not None:
        ids += files.by_birth(born.hl7, typed["name"], typed["given_name"])
    begun = {
        "birth_name": typed["name"],
        "first_given_name": typed["given_name"],
        "birth_date": born.french if born else "",
    }
    return _Found(_people(ids), TraitsForm(initial=begun))


def _people(ids: list[UUID]) -> tuple[LocalPatient, ...]:
    known = patients.get_many(ids)
    return tuple(known[i] for i in dict.fromkeys(ids) if i in known)


@open_to(Visitor.OPERATOR)
@require_POST
@sensitive_post_parameters()
def new(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Make an identity known: provisoire, until something proves it."""
    form = TraitsForm(request.POST)
    if not form.is_valid():
        return render(
            request,
            "desk/traits.html",
            {"operator": operator, "place": "arrival", "form": form, "action": "desk:arrival-new"},
            status=400,
        )
    here, now = configuration(), timezone.now()
    local_id = LocalId(f"C{uuid7().int >> 64:X}", here.name, here.oid_root)
    applied = following.done(
        lambda: vigilance.register(operator, form.cleaned_data["declared"], local_id, now=now),
        now=now,
    )
    if form.standing is not None and form.standing.value in {"unknown", "other_date"}:
        messages.success(request, _("Le lieu de naissance n’est pas dans la table : il est gardé."))
    return _to(applied.patient_id if applied else None)


@open_to(Visitor.OPERATOR)
def steps(request: HttpRequest, operator: Operator, patient_id: UUID) -> HttpResponse:
    """The steps of the arrival of one patient, the next one first. Raises `MessageNotFound`."""
    patient, chosen = patients.get(patient_id), policy()
    file = files.file_of(patient_id, chosen)
    if patient is None or file is None:
        raise MessageNotFound(patient_id)
    return render(
        request,
        "desk/steps.html",
        {
            "operator": operator,
            "place": "arrival",
            "patient": patient,
            "file": file,
            "devices": [(d.id, DEVICES[d.id]) for d in KNOWN_DEVICES if d.id in chosen.devices],
            "origins": ORIGINS.items(),
            "reachable": bool(settings.CARNET_INSI_URL),
            "checked": patient.status.checked,
            "from_insi": patient.status.from_insi,
        },
    )


@open_to(Visitor.OPERATOR)
@require_POST
@sensitive_post_parameters()
def ask(request: HttpRequest, operator: Operator, patient_id: UUID) -> HttpResponse:
    """Put one question to INSi: the traits shown, which may be edited, or a carte Vitale."""
    client = insi.client(longest=PATIENCE)
    if client is None:
        messages.error(request, _("Aucun téléservice INSi n’est configuré."))
        return _to(patient_id)
    try:
        answer = inquiries.ask(
            operator,
            patient_id,
            _question(request),
            client=client,
            policy=policy(),
            clock=timezone.now,
        )
    except (TraitError, ValueError):
        messages.error(
            request, _("La question n’a pas sa forme : vérifier les traits ou le numéro.")
        )
    except vigilance.UnknownPatient:
        raise MessageNotFound(patient_id) from None
    except inquiries.AskingForbidden as refused:
        told = ", ".join(str(SITUATIONS.get(reason, reason)) for reason in refused.reasons)
        messages.error(request, _("INSi ne peut pas être interrogé : %(why)s.") % {"why": told})
    else:
        worklist.settle_errands(patient_id, now=timezone.now())
        if answer.failed:
            messages.error(
                request,
                _(
                    "INSi n’a pas répondu (%(code)s). La venue continue, l’identité reste telle "
                    "quelle."
                )
                % {"code": answer.failed},
            )
    finally:
        client.close()
    return _to(patient_id)


def _question(request: HttpRequest) -> Query:
    """What was typed, as a question. Raises `TraitError` or `ValueError`."""
    typed = request.POST
    if typed.get("card", "").strip():
        number = typed["card"].replace(" ", "").upper()
        insured = Matricule(number[:13], number[13:15])
        rank = typed.get("rank", "").strip()
        return CardQuery(insured=insured, birth_date=typed.get("card_date", "").strip(), rank=rank)
    return TraitsQuery(
        normalise(typed.get("birth_name", "")),
        tuple(normalise(typed.get("given_names", "")).split()),
        Sex(typed.get("sex", "")),
        BirthDate.parse(typed.get("birth_date", "")),
        typed.get("birth_place", "").strip().upper(),
    )


@open_to(Visitor.OPERATOR)
@require_POST
def decide(
    request: HttpRequest, operator: Operator, patient_id: UUID, inquiry_id: UUID
) -> HttpResponse:
    """Accept what INSi answered, or leave it."""
    if request.POST.get("decision") == "accept":
        deeds.do(
            request,
            lambda now: inquiries.accept(operator, inquiry_id, policy=policy(), now=now),
            _("La réponse d’INSi est prise en compte."),
        )
        return _to(patient_id)
    try:
        inquiries.refuse(operator, inquiry_id, now=timezone.now())
    except inquiries.NotToDecide:
        messages.error(
            request, _("Cette réponse n’est plus à décider : interroger à nouveau INSi.")
        )
    else:
        messages.success(request, _("La réponse d’INSi est écartée."))
    return _to(patient_id)


@open_to(Visitor.OPERATOR)
@require_POST
def prove(request: HttpRequest, operator: Operator, patient_id: UUID) -> HttpResponse:
    """Record the high-trust device that was shown."""
    device = next((d for d in KNOWN_DEVICES if d.id == request.POST.get("device")), None)
    origin = next((o for o in Origin if o.name == request.POST.get("origin")), None)
    if device is None or origin is None:
        messages.error(request, _("Choisir le dispositif montré et l’origine de la personne."))
        return _to(patient_id)
    try:
        expires = parse_date(request.POST.get("expires_on", ""))
    except ValueError:
        expires = None
    situations: frozenset[Situation] = frozenset(filter(None, [device.situation]))
    presented = vigilance.Presented(device.proofs, origin, situations, expires_on=expires)
    deeds.do(
        request,
        lambda now: vigilance.check_device(
            operator, patient_id, presented, policy=policy(), seen=deeds.seen(request), now=now
        ),
        _("Le contrôle de l’identité est noté."),
    )
    return _to(patient_id)


def _to(patient_id: UUID | None) -> HttpResponse:
    place = (
        reverse("desk:arrival-steps", args=[patient_id]) if patient_id else reverse("desk:arrival")
    )
    return HttpResponseRedirect(place)
