"""Every address of the establishment wing. Each view declares who may come (`view.access`)."""

from django.urls import include, path

from carnet.ops.health import PATH, health

urlpatterns = [
    path(PATH, health),
    path("", include("carnet.establishment.doors.desk.urls")),
]
