"""The addresses of the desk."""

from __future__ import annotations

from carnet.establishment.doors.desk.access import page
from carnet.establishment.doors.desk.pages import (
    arrival,
    deliveries,
    flow,
    health,
    identities,
    merges,
    prosante,
    second_factor,
    sign_in,
    stuck,
    vigilance,
)

app_name = "desk"
urlpatterns = [
    page("", flow.flow, "flow"),
    page("messages/<uuid:message_id>/", flow.message, "message"),
    page("messages/<uuid:message_id>/brut/", flow.raw, "raw"),
    page("bloques/", stuck.stuck, "stuck"),
    page("livraisons/<uuid:delivery_id>/relancer/", deliveries.retry, "retry"),
    page("livraisons/<uuid:delivery_id>/annuler/", deliveries.cancel, "cancel"),
    page("identites/", identities.waiting, "identities"),
    page("identites/<uuid:patient_id>/", identities.patient, "patient"),
    page("identites/<uuid:patient_id>/traits/", vigilance.traits, "traits"),
    page("identites/<uuid:patient_id>/declarer/", vigilance.declare, "declare"),
    page("identites/<uuid:patient_id>/datamatrix.png", vigilance.picture, "symbol"),
    page("identites/<uuid:patient_id>/etiquette.pdf", vigilance.sticker, "label"),
    page("identites/<uuid:patient_id>/fusionner/<uuid:merged_id>/", merges.merge, "merge"),
    page("arrivee/", arrival.search, "arrival"),
    page("arrivee/nouveau/", arrival.new, "arrival-new"),
    page("arrivee/<uuid:patient_id>/", arrival.steps, "arrival-steps"),
    page("arrivee/<uuid:patient_id>/insi/", arrival.ask, "insi"),
    page("arrivee/<uuid:patient_id>/insi/<uuid:inquiry_id>/", arrival.decide, "decide"),
    page("arrivee/<uuid:patient_id>/justificatif/", arrival.prove, "prove"),
    page("vigilance/", vigilance.work, "vigilance"),
    page("vigilance/<uuid:alert_id>/distinctes/", vigilance.distinct, "distinct"),
    page("vigilance/fusions/<uuid:merge_id>/", merges.separation, "separation"),
    page("vigilance/fusions/<uuid:merge_id>/annuler/", merges.unmerge, "unmerge"),
    page(
        "vigilance/fusions/<uuid:merge_id>/documents/<uuid:attribution_id>/",
        merges.attribute,
        "attribute",
    ),
    page("vigilance/fusions/<uuid:merge_id>/venue/", merges.give_stay, "give-stay"),
    page("vigilance/abonnes/<uuid:feed_id>/renvoyer/", vigilance.resend, "resend"),
    page("vigilance/corrections/<uuid:correction_id>/", vigilance.correct, "correct"),
    page("alertes/", identities.alerts, "alerts"),
    page("destinations/", health.health, "health"),
    page("connexion/", sign_in.sign_in, "sign-in"),
    page("connexion/code/", second_factor.code, "code"),
    page("connexion/telephone/", second_factor.telephone, "telephone"),
    page("connexion/psc/", prosante.leave, "prosante"),
    page("connexion/psc/retour/", prosante.come_back, "prosante-back"),
    page("connexion/psc/situation/", prosante.situation, "situation"),
    page("connexion/psc/fin/", prosante.ended, "prosante-ended"),
    page("deconnexion/", sign_in.sign_out, "sign-out"),
]
