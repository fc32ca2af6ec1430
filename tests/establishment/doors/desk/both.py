"""The desk and the stand-in providers on one server: for tests that go from one to the other."""

from django.urls import include, path

urlpatterns = [
    path("", include("carnet.national.doors.signin.urls")),
    path("", include("carnet.establishment.doors.desk.urls")),
]
