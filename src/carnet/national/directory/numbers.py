"""Numbers of the directory: one sequence for all resources."""

from __future__ import annotations

from django.db import models


class NextNumber(models.Func):
    """The next number, as the default of a column."""

    function = "nextval"
    template = "%(function)s('directory_number')"
    output_field = models.BigIntegerField()
