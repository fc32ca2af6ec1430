"""Every address of the national wing. Each view declares who may come (`view.access`)."""

from django.urls import include, path

urlpatterns = [
    path("", include("carnet.national.doors.soap.urls")),
    path("", include("carnet.national.doors.space.urls")),
]
