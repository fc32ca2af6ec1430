"""Every address of the national wing. Each view declares who may come (`view.access`)."""

from django.urls import include, path

from carnet.ops.health import PATH, health

handler400 = "carnet.national.doors.space.errors.bad_request"
handler403 = "carnet.national.doors.space.errors.forbidden"
handler404 = "carnet.national.doors.space.errors.not_found"
handler500 = "carnet.national.doors.space.errors.broken"

urlpatterns = [
    path(PATH, health),
    path("", include("carnet.national.doors.fhir.directory.urls")),
    path("", include("carnet.national.doors.fhir.urls")),
    path("", include("carnet.national.doors.consult.urls")),
    path("", include("carnet.national.doors.soap.urls")),
    path("", include("carnet.ops.exchanges.urls")),
    path("", include("carnet.national.doors.signin.urls")),
    path("", include("carnet.national.doors.space.urls")),
]
