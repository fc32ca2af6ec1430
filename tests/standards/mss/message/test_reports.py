import pytest

from carnet.standards.mss.message import read


def report(kind, fields, third="", subject="XDM/1.0/DDM+Lettre"):
    parts = [
        "--B\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n902 refusé\r\n",
        f"--B\r\nContent-Type: message/{kind}\r\n\r\n{fields}\r\n",
        third,
        "--B--\r\n",
    ]
    head = (
        "From: service_auto@b.mssante.fr\r\nTo: a@b.mssante.fr\r\nMessage-ID: <2@b>\r\n"
        f"Subject: {subject}\r\n"
        f"Content-Type: multipart/report; report-type={kind}; boundary=B\r\n\r\n"
    )
    return (head + "".join(parts)).encode()


MDN = (
    "Reporting-UA: b; Carnet\r\n"
    "Final-Recipient: rfc822; c@d.mssante.fr\r\n"
    "Original-Message-ID: <1@b>\r\n"
)
RETURNED = "--B\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <1@b>\r\nSubject: x\r\n\r\nx\r\n"
HEADERS = "--B\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <1@b>\r\nSubject: x\r\n"


def test_a_reading_report_is_recognised():
    fields = MDN + "Disposition: automatic-action/MDN-sent-automatically; processed\r\n"
    message = read(report("disposition-notification", fields))

    assert message.is_report
    assert message.report.kind == "disposition-notification"
    assert message.report.outcome == "processed"
    assert message.report.original_message_id == "<1@b>"
    assert message.report.final_recipient == "c@d.mssante.fr"
    assert message.report.error_code == ""


@pytest.mark.parametrize(
    "fields",
    [
        MDN
        + "Disposition: automatic-action/MDN-sent-automatically; processed/error\r\n"
        + "Error: 902^Patient inconnu^applicationErrorCondition| E^Error^errorSeverity\r\n",
        MDN
        + "Disposition: automatic-action/MDN-sent-automatically; processed/Error: "
        + "902^Patient inconnu^applicationErrorCondition\r\n",
    ],
    ids=["version 1.1.3", "version 1.1"],
)
def test_both_versions_of_an_integration_error_are_read(fields):
    found = read(report("disposition-notification", fields)).report
    assert found.outcome == "processed/error"
    assert (found.error_code, found.error_label) == ("902", "Patient inconnu")


@pytest.mark.parametrize("third", [RETURNED, HEADERS], ids=["message", "headers"])
def test_a_delivery_failure_is_recognised(third):
    fields = (
        "Reporting-MTA: dns; d\r\n\r\nFinal-Recipient: rfc822; c@d.mssante.fr\r\n"
        "Action: failed\r\nStatus: 5.1.1\r\n"
    )
    found = read(report("delivery-status", fields, third)).report

    assert (found.kind, found.outcome, found.status) == ("delivery-status", "failed", "5.1.1")
    assert found.final_recipient == "c@d.mssante.fr"
    assert found.original_message_id == "<1@b>"


def test_a_report_that_says_nothing_is_still_a_report():
    found = read(report("delivery-status", "")).report
    assert found is not None
    assert (found.outcome, found.original_message_id) == ("", "")


def test_a_letter_is_no_report(raw):
    assert not read(raw).is_report
