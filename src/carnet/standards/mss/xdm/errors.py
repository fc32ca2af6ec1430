"""The refusals of an XDM package."""

from typing import Final

#: Every code, with the sentence for the person who reads the message.
MESSAGES: Final = {
    "not_a_zip": "La pièce jointe n'est pas une archive ZIP lisible.",
    "corrupt": "Une entrée de l'archive est abîmée.",
    "too_large": "L'archive, ou ce qu'elle contient, est trop volumineuse.",
    "too_many_entries": "L'archive contient trop de fichiers.",
    "ratio": "L'archive se déploie en un volume anormal.",
    "unsafe_name": "Un nom de fichier de l'archive est interdit.",
    "duplicate_name": "Deux fichiers de l'archive portent le même nom.",
    "special_file": "L'archive contient un lien ou un fichier spécial.",
    "encrypted": "L'archive est chiffrée.",
    "compression": "L'archive emploie une compression qui n'est pas admise.",
    "no_metadata": "L'archive ne contient pas IHE_XDM/…/METADATA.XML.",
    "metadata": "METADATA.XML n'est pas lisible.",
    "no_document": "METADATA.XML ne décrit aucun document.",
    "no_uri": "METADATA.XML ne dit pas où est un document (URI).",
    "missing_document": "Un document annoncé par METADATA.XML est absent de l'archive.",
    "hash_mismatch": "Un document ne correspond pas à l'empreinte annoncée.",
    "size_mismatch": "Un document ne correspond pas à la taille annoncée.",
}


class XdmError(ValueError):
    """A package is refused; `code` is a key of `MESSAGES`, `place` the entry of the zip."""

    def __init__(self, code: str, place: str = "") -> None:
        super().__init__(f"{MESSAGES[code]} {place}".rstrip())
        self.code = code
        self.place = place
        self.message = MESSAGES[code]
