"""Small secrets at rest, and what stays known when the master key is replaced."""

import pytest

from carnet.national.accounts import codes
from carnet.national.accounts.sealing import SealedByAnotherKey, digest, digests, seal, unseal

FORMER, PRESENT = bytes(32), bytes(range(32))


def test_what_is_sealed_opens_with_the_key_and_the_binding_only(settings):
    settings.CARNET_MASTER_KEY = (FORMER,)
    sealed = seal(b"secret", "one")
    assert b"secret" not in sealed
    assert unseal(sealed, "one") == b"secret"
    with pytest.raises(SealedByAnotherKey):
        unseal(sealed, "other")
    settings.CARNET_MASTER_KEY = (PRESENT,)
    with pytest.raises(SealedByAnotherKey):
        unseal(sealed, "one")


def test_a_former_key_still_opens_and_provisional_codes_are_still_known(settings):
    settings.CARNET_MASTER_KEY = FORMER
    sealed, kept = seal(b"secret", "one"), codes.provisional_hash("x", "ABCD-EFGH-JKMN")
    settings.CARNET_MASTER_KEY = (PRESENT, FORMER)
    assert unseal(sealed, "one") == b"secret"
    assert kept in codes.provisional_hashes("x", "abcd efgh jkmn")
    assert kept != codes.provisional_hash("x", "ABCD-EFGH-JKMN")


def test_the_hashes_of_two_uses_and_of_two_cuttings_differ(settings):
    settings.CARNET_MASTER_KEY = FORMER
    assert digest("a", "b") != digest("b", "b")
    assert digest("a", "bc", "d") != digest("a", "b", "cd")
    assert len(digests("a")) == 1
