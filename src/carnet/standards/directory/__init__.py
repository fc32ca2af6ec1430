"""The public extracts of the Annuaire Santé: their lines, and how its texts are compared."""

from carnet.standards.directory.folding import folded, words_of
from carnet.standards.directory.places import split_address

__all__ = ["folded", "split_address", "words_of"]
