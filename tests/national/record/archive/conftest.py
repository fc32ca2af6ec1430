"""Calling the services of an affinity domain, as a member does."""

from tests.national.doors.soap.domain import send

__all__ = ["send"]
