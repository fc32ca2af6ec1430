import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from carnet.national.doors.space import errors, urls
from carnet.national.doors.space.access import Visitor, page
from carnet.national.doors.space.reasons import WORDS
from carnet.national.journal import queries as journal
from carnet.national.journal.models import Trace
from carnet.national.record.rules import Reason
from tests.national.doors.space.conftest import signed_in
from tests.national.doors.space.lives import MASKED, publish, write_to


def every_pattern(resolver):
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from every_pattern(pattern)
        elif isinstance(pattern, URLPattern):
            yield pattern


def test_every_address_of_the_site_says_who_may_come():
    undeclared = [
        str(pattern.pattern)
        for pattern in every_pattern(get_resolver())
        if not getattr(pattern.callback, "access", None)
    ]
    assert undeclared == []


def test_a_view_that_says_nothing_cannot_be_routed():
    with pytest.raises(ImproperlyConfigured, match="open_to"):
        page("partout/", lambda request: HttpResponse(), "partout")


#: What must be open to whoever is not signed in: the ways in, and the display.
EVERYBODY = {
    *("sign-in", "sign-in-code", "send-code-again", "reopen", "sign-out", "display"),
    *("passkey", "passkey-options", "france-connect", "france-connect-back"),
    *("activation", "activation-choice", "activation-address", "ask-code"),
    *("recovery", "new-password", "opposition", "opposed", "opposition-proof"),
}


def test_only_the_ways_in_and_the_display_are_open_to_everybody():
    everybody = {
        pattern.name for pattern in urls.urlpatterns if pattern.callback.access is Visitor.EVERYBODY
    }
    assert everybody == EVERYBODY


@pytest.mark.parametrize("file", ["", "original", "fichier"])
def test_another_citizens_document_does_not_exist_and_the_try_is_written(
    client, jeanne, stranger, now, file
):
    theirs = publish(stranger, now=now)
    answer = client.get(f"/documents/{theirs}/{file}")
    assert answer.status_code == 404
    assert "Cette page n’existe pas" in answer.content.decode()
    assert "Lettre de liaison" not in answer.content.decode()
    written = Trace.objects.get(action="space.refused")
    assert (written.outcome, written.object_id) == ("refused", str(theirs))
    assert written.patient_id == jeanne.patient_id
    assert journal.history(stranger.actor, stranger.patient_id, document_id=theirs)[0].action == (
        "document.published"
    ), "the other's history does not tell of it"


def test_another_citizens_messages_do_not_exist(client, stranger, now):
    write_to(stranger, now=now)
    other = signed_in(stranger)
    address = other.get("/messages/").context["inbox"].conversations[0].id
    assert client.get(f"/messages/{address}/").status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/documents/019a0000-0000-7000-8000-000000000000/",
        "/messages/019a0000-0000-7000-8000-000000000000/",
        "/documents/x/",
        "/rien/",
    ],
)
def test_what_does_not_exist_has_a_page_that_says_so(client, address):
    answer = client.get(address)
    assert answer.status_code == 404
    assert "Revenir à l’accueil" in answer.content.decode()


@pytest.mark.parametrize("address", ["/", "/documents/", "/messages/", "/acces/", "/connexion/"])
def test_no_page_is_kept_nor_runs_a_script(client, address):
    """REC_3.2-1020."""
    headers = client.get(address, follow=True).headers
    assert "no-store" in headers["Cache-Control"]
    assert "script-src 'none'" in headers["Content-Security-Policy"]
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


def test_no_page_holds_an_inline_style_or_a_script(client, jeanne, now):
    document = publish(jeanne, now=now, confidentiality=[MASKED])
    for address in ("/", "/documents/", f"/documents/{document}/", "/acces/"):
        page = client.get(address).content.decode()
        assert "<script" not in page
        assert "style=" not in page
        assert "http://" not in page
        assert "https://" not in page


def test_every_reason_of_a_refusal_has_words():
    assert set(WORDS) == set(Reason)


def test_reading_ones_own_document_is_written(client, jeanne, now):
    document = publish(jeanne, now=now)
    client.get(f"/documents/{document}/")
    traces = journal.history(jeanne.actor, jeanne.patient_id, document_id=document)
    assert [trace.action for trace in traces].count("document.read") == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_forged_host_gets_a_page_too(client, method):
    answer = getattr(client, method)("/", headers={"host": "ailleurs.example"})
    assert answer.status_code == 400
    assert "Cette demande n’a pas été comprise" in answer.content.decode()


def test_our_own_fault_has_a_page_that_asks_nothing_of_the_database(rf):
    page = errors.broken(rf.get("/documents/"))
    assert page.status_code == 500
    assert "Quelque chose n’a pas marché chez nous" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
