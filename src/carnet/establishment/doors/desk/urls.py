"""The addresses of the desk."""

from __future__ import annotations

from carnet.establishment.doors.desk.access import page
from carnet.establishment.doors.desk.pages import (
    deliveries,
    flow,
    health,
    identities,
    prosante,
    second_factor,
    sign_in,
)

app_name = "desk"
urlpatterns = [
    page("", flow.flow, "flow"),
    page("messages/<uuid:message_id>/", flow.message, "message"),
    page("messages/<uuid:message_id>/brut/", flow.raw, "raw"),
    page("livraisons/<uuid:delivery_id>/relancer/", deliveries.retry, "retry"),
    page("livraisons/<uuid:delivery_id>/annuler/", deliveries.cancel, "cancel"),
    page("identites/", identities.waiting, "identities"),
    page("identites/<uuid:patient_id>/", identities.patient, "patient"),
    page("alertes/", identities.alerts, "alerts"),
    page("destinations/", health.health, "health"),
    page("connexion/", sign_in.sign_in, "sign-in"),
    page("connexion/code/", second_factor.code, "code"),
    page("connexion/telephone/", second_factor.telephone, "telephone"),
    page("connexion/psc/", prosante.leave, "prosante"),
    page("connexion/psc/retour/", prosante.come_back, "prosante-back"),
    page("connexion/psc/fin/", prosante.ended, "prosante-ended"),
    page("deconnexion/", sign_in.sign_out, "sign-out"),
]
