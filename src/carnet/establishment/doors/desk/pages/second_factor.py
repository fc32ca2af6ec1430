"""The second step of the establishment's own sign-in: a code of the operator's telephone."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from carnet.establishment.accounts import second_factor, sessions
from carnet.establishment.accounts.rules import PATIENCE, Method
from carnet.establishment.doors.desk.access import Visitor, enter, open_to
from carnet.establishment.patients import actors, operators

#: What the browser's session holds between the password and the code.
_PENDING: Final = "desk_pending"


class CodeForm(forms.Form):
    """Six digits."""

    code = forms.CharField(
        label=_("Code à six chiffres"),
        max_length=10,
        widget=forms.TextInput(
            {"class": "input", "autocomplete": "one-time-code", "inputmode": "numeric"}
        ),
    )


def go_on(
    request: HttpRequest, operator: actors.Operator, key: UUID, way_back: str, *, now: datetime
) -> HttpResponse:
    """After a good password: in, or to the code, or first to the telephone."""
    enrolled = second_factor.is_enrolled(operator.account_id)
    if not enrolled and settings.CARNET_DESK_SECOND_FACTOR == "optional":
        enter(request, sessions.begin(operator, key, Method.PASSWORD, now=now))
        return HttpResponseRedirect(way_back)
    request.session.flush()
    request.session[_PENDING] = {
        "operator": str(operator.account_id),
        "key": str(key),
        "at": now.timestamp(),
        "next": way_back,
        "secret": "" if enrolled else second_factor.new_secret(),
    }
    return HttpResponseRedirect(reverse("desk:code" if enrolled else "desk:telephone"))


@open_to(Visitor.EVERYBODY)
@sensitive_post_parameters("code")
def code(request: HttpRequest) -> HttpResponse:
    """Ask the code of the telephone."""
    return _step(request, "desk/code.html", enrolling=False)


@open_to(Visitor.EVERYBODY)
@sensitive_post_parameters("code")
def telephone(request: HttpRequest) -> HttpResponse:
    """Show the secret once, and ask a first code of it."""
    return _step(request, "desk/telephone.html", enrolling=True)


def _step(request: HttpRequest, template: str, *, enrolling: bool) -> HttpResponse:
    pending = request.session.get(_PENDING)
    now = timezone.now()
    if pending is None or now.timestamp() - pending["at"] > PATIENCE.total_seconds():
        return HttpResponseRedirect(reverse("desk:sign-in"))
    operator = operators.of_session(UUID(pending["operator"]), UUID(pending["key"]))
    if operator is None or bool(pending["secret"]) is not enrolling:
        return HttpResponseRedirect(reverse("desk:sign-in"))
    form = CodeForm(request.POST if request.method == "POST" else None)
    refused = False
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data["code"]
        try:
            if enrolling:
                second_factor.enrol(operator.account_id, pending["secret"], typed, now=now)
            else:
                second_factor.check(operator.account_id, typed, now=now)
        except second_factor.CodeRefused:
            refused = True
        else:
            key = UUID(pending["key"])
            enter(request, sessions.begin(operator, key, Method.TWO_FACTORS, now=now))
            return HttpResponseRedirect(pending["next"])
    context: dict[str, Any] = {"form": form, "refused": refused}
    if enrolling:
        drawn = second_factor.picture(pending["secret"], operator.login)
        context |= {"secret": pending["secret"], "picture": mark_safe(drawn)}  # noqa: S308 - ours
    return render(request, template, context, status=403 if refused else 200)
