"""What a provider is asked, as Authlib reads it, when it may be read at all."""

from __future__ import annotations

import re
from typing import Final

from authlib.integrations.django_oauth2.requests import DjangoOAuth2Request
from authlib.oauth2.rfc6749 import InvalidRequestError
from django.http import HttpRequest

#: What Authlib says again in its errors has the characters that an error may have (RFC 6749
#: §4.1.2.1): nothing registered has others.
_SAID_AGAIN: Final = ("redirect_uri", "response_type")
_SAYABLE: Final = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*")


def read(request: HttpRequest) -> DjangoOAuth2Request:
    """The question in an address and a form. Raises `InvalidRequestError`.

    A parameter said twice, here or there, is refused (RFC 6749 §3.1, §3.2): two readers would
    believe two things. So is a null character, which no database keeps.
    """
    said = [*request.GET.lists(), *request.POST.lists()]
    if len(dict(said)) != len(said) or any(len(values) != 1 for _, values in said):
        raise InvalidRequestError("A parameter is said more than once.")
    for name, (value,) in said:
        if "\0" in value or (name in _SAID_AGAIN and not _SAYABLE.fullmatch(value)):
            raise InvalidRequestError("A parameter holds a character that is not allowed.")
    return DjangoOAuth2Request(request)
