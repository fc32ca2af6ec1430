"""The reader's choice of language and size of text; the place is kept."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from carnet.national.doors.space import display, frame
from carnet.national.doors.space.access import Visitor, open_to

_A_YEAR = 365 * 24 * 3600


class DisplayForm(forms.Form):
    """One of the two, sent by a button at the foot of each page."""

    language = forms.ChoiceField(choices=[(k, k) for k in display.LANGUAGES], required=False)
    text = forms.ChoiceField(choices=[(k, k) for k in display.TEXT_SIZES], required=False)


@open_to(Visitor.EVERYBODY)
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep what was chosen and show the same place again; a choice we do not offer is ignored."""
    response = HttpResponseRedirect(frame.way_back(request))
    form = DisplayForm(request.POST)
    form.is_valid()
    cookies = {settings.LANGUAGE_COOKIE_NAME: "language", display.TEXT_COOKIE: "text"}
    for cookie, field in cookies.items():
        if value := form.cleaned_data.get(field):
            response.set_cookie(
                cookie,
                value,
                max_age=_A_YEAR,
                httponly=True,
                samesite="Lax",
                secure=request.is_secure(),
            )
    return response
