"""Every address of the establishment wing. Each view declares who may come (`view.access`)."""

from django.urls import include, path

urlpatterns = [
    path("", include("carnet.establishment.doors.desk.urls")),
]
