"""« Aidants » and « Mes enfants »: who helps me, whom I help, whose legal representative I am."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from carnet.national.accounts import actions as accounts
from carnet.national.accounts import own
from carnet.national.accounts.actions import MandateProblem
from carnet.national.accounts.rules import MOST_CARERS, Scope, beginning
from carnet.national.doors.space import entering, fields, frame
from carnet.national.doors.space.access import Visitor, open_to
from carnet.national.doors.space.pages.account import ask
from carnet.national.doors.space.pages.sign_in import told_to_wait
from carnet.national.doors.space.visit import Visit

SCOPES: Final[dict[str, Promise | str]] = {
    Scope.READ: _("lire vos documents et vos messages"),
    Scope.MESSAGE: _("répondre à vos messages en votre nom"),
    Scope.MANAGE: _("ranger et ajouter des documents, choisir qui les voit"),
}

PROBLEMS: Final[dict[MandateProblem, tuple[str, Promise | str]]] = {
    MandateProblem.NAME: ("birth_name", _("Un nom n’a que des lettres.")),
    MandateProblem.EMAIL: ("email", _("Cette adresse n’a pas la bonne forme.")),
    MandateProblem.UNTIL: ("until", _("Choisissez un jour à venir, d’ici trois ans.")),
    MandateProblem.TOO_MANY: (
        "__all__",
        _("Il y a déjà trois aidants ou cinq personnes aidées : mettez fin à une aide d’abord."),
    ),
    MandateProblem.NO_MATCH: (
        "code",
        _("Ce code ne vous est pas destiné, a déjà servi, ou a trop attendu."),
    ),
}


class InvitationForm(forms.Form):
    """Who is asked, for what, until when."""

    birth_name = fields.text(
        _("Son nom de naissance"),
        _("Il sera vérifié : seule cette personne pourra accepter."),
        required=_("Écrivez son nom de naissance."),
        autocomplete="off",
    )
    email = fields.email()
    scopes = forms.MultipleChoiceField(
        label=_("En plus de lire, cette personne pourra"),
        choices=[(scope, SCOPES[scope]) for scope in (Scope.MESSAGE, Scope.MANAGE)],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    until = fields.DateField(
        _("Jusqu’au"), _("Choisissez un jour."), _("Vous pourrez y mettre fin avant.")
    )

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["email"].label = _("Son adresse électronique")
        self.fields["email"].help_text = _("Un code d’acceptation y sera envoyé.")


class AnswerForm(forms.Form):
    """The code of an invitation."""

    code = fields.text(_("Code reçu"), required=_("Écrivez le code."), autocomplete="off")


def _page(request: HttpRequest, visit: Visit, **context: Any) -> HttpResponse:
    return frame.show(
        request,
        visit,
        "carers.html",
        place="account",
        carers=[(one, _words(one)) for one in own.carers(visit.actor, now=visit.now)],
        helped=[(one, _words(one)) for one in own.helped(visit.actor, now=visit.now)],
        most=MOST_CARERS,
        answer=context.pop("answer", None) or AnswerForm(),
        **context,
    )


def _words(mandate: own.MandateView) -> list[Promise | str]:
    return [words for scope, words in SCOPES.items() if scope in mandate.scopes]


@open_to(Visitor.CITIZEN, own=True)
def carers(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Who helps me, whom I help; an invitation is answered here."""
    if request.method != "POST":
        return _page(request, visit)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, visit, answer=form, status=400)
    try:
        accounts.accept_mandate(
            visit.actor,
            form.cleaned_data["code"],
            now=visit.now,
            source=entering.source(request),
        )
    except accounts.MandateRefused as refused:
        field, words = PROBLEMS[refused.problem]
        form.add_error(None if field == "__all__" else "code", str(words))
        return _page(request, visit, answer=form, status=403)
    except accounts.TooManyAttempts as stop:
        return _page(request, visit, answer=form, status=429, **told_to_wait(stop))
    return HttpResponseRedirect(reverse("space:carers"))


@open_to(Visitor.CITIZEN, own=True, proved=True)
def invite(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ask somebody to help me."""
    form = InvitationForm(
        request.POST or None,
        initial={"until": (visit.now + timedelta(days=365)).date()},
    )
    named: dict[str, Any] = {
        "title": gettext("Proposer à quelqu’un de m’aider"),
        "lead": gettext(
            "Un aidant ne peut ni fermer votre espace, ni changer vos moyens de connexion, ni"
            " nommer un autre aidant. Tout ce qu’il fait est écrit à son nom."
        ),
        "button": gettext("Envoyer l’invitation"),
    }
    if request.method != "POST":
        return ask(request, visit, form, **named)
    if not form.is_valid():
        return ask(request, visit, form, status=400, **named)
    last_day = form.cleaned_data["until"]
    try:
        accounts.invite_carer(
            visit.actor,
            birth_name=form.cleaned_data["birth_name"],
            email=form.cleaned_data["email"],
            scopes=[Scope(scope) for scope in form.cleaned_data["scopes"]],
            until=beginning(last_day + timedelta(days=1)) - timedelta(seconds=1),
            now=visit.now,
        )
    except accounts.MandateRefused as refused:
        field, words = PROBLEMS[refused.problem]
        form.add_error(None if field == "__all__" else field, str(words))
        return ask(request, visit, form, status=400, **named)
    except accounts.TooManyAttempts as stop:
        return ask(request, visit, form, status=429, **named, **told_to_wait(stop))
    return HttpResponseRedirect(reverse("space:carers"))


@open_to(Visitor.CITIZEN, own=True)
@require_POST
def end(_request: HttpRequest, visit: Visit, mandate_id: UUID) -> HttpResponse:
    """End it at once, from either side; safe at any moment, so nothing is proved again."""
    try:
        accounts.end_mandate(visit.actor, mandate_id, now=visit.now)
    except LookupError:
        raise Http404 from None
    return HttpResponseRedirect(reverse("space:carers"))


@open_to(Visitor.CITIZEN, own=True)
def children(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The minors I represent; another is added with the card we share."""
    form = fields.CardForm(request.POST or None)
    named: dict[str, Any] = {"status": 200}
    if request.method == "POST":
        named["status"] = 400
        if form.is_valid():
            try:
                accounts.add_child(
                    visit.actor, form.card, now=visit.now, source=entering.source(request)
                )
            except LookupError:
                named = {
                    "status": 403,
                    "refusal": gettext("Nous ne trouvons pas cet enfant."),
                    "remedy": gettext(
                        "Il doit avoir moins de dix-huit ans et figurer avec vous sur la même carte"
                        " Vitale. Sinon, demandez à votre caisse."
                    ),
                }
            except accounts.TooManyAttempts as stop:
                named = {"status": 429, **told_to_wait(stop)}
            else:
                return HttpResponseRedirect(reverse("space:children"))
    return frame.show(
        request,
        visit,
        "children.html",
        place="account",
        children=own.children(visit.actor, now=visit.now),
        form=form,
        **named,
    )
