"""Rules of the body: level 1 content, PDF copy and narrative of a level 3 (spec dmp §5.2)."""

from __future__ import annotations

import re
from typing import Final

from carnet.standards.cda.reading import LEVEL_1_MEDIA_TYPES, PDF_COPY_TEMPLATE
from carnet.standards.cda.validation import checks
from carnet.standards.cda.validation.rule import Rule

_TEXT: Final = "h:component/h:nonXMLBody/h:text"
#: One descent, then a look upwards: `//section/text//` makes libxml2 merge sets in quadratic time.
_BODY: Final = "h:component/h:structuredBody/descendant::"
_IN_NARRATIVE: Final = "[ancestor::h:text[parent::h:section]]"

RULES: Final = (
    Rule(
        "body",
        ".",
        "h:component/h:nonXMLBody | h:component/h:structuredBody",
        "1..1",
        "Le document n'a pas un corps et un seul.",
        "Donner un corps non structuré (nonXMLBody) ou structuré (structuredBody).",
    ),
    Rule(
        "level-1-text",
        "h:component/h:nonXMLBody",
        "h:text",
        "1..1",
        "Le corps non structuré n'a pas un contenu et un seul.",
        "Donner le contenu dans nonXMLBody/text.",
    ),
    Rule(
        "level-1-media-type",
        ".",
        _TEXT,
        "0..*",
        "Le format du contenu n'est pas admis dans un document non structuré.",
        "Prendre un PDF/A-1, ou image/jpeg, image/tiff, text/rtf, text/plain.",
        check=checks.attribute("mediaType", "|".join(map(re.escape, LEVEL_1_MEDIA_TYPES))),
    ),
    Rule(
        "level-1-content",
        ".",
        _TEXT,
        "0..*",
        "Le contenu du document est vide ou n'est pas en base64.",
        'Écrire le contenu en base64, avec representation="B64".',
        check=checks.decodable,
    ),
    Rule(
        "level-1-format",
        ".",
        _TEXT,
        "0..*",
        "Le contenu n'est pas du format annoncé.",
        "Annoncer dans mediaType le format réel du contenu.",
        check=checks.begins_as_declared,
    ),
    Rule(
        "pdf-copy",
        ".",
        f"{_BODY}h:section[h:templateId[@root='{PDF_COPY_TEMPLATE}']]"
        "/h:entry/h:observationMedia/h:value",
        "0..*",
        "La copie PDF du document structuré ne contient pas de PDF lisible.",
        "Écrire la copie en base64, de format application/pdf.",
        check=checks.pdf,
    ),
    Rule(
        "narrative-script",
        ".",
        f"{_BODY}*[local-name()='script' or local-name()='iframe' or local-name()='object'"
        f" or @*[starts-with(local-name(), 'on')]]{_IN_NARRATIVE}",
        "0..0",
        "Le texte d'une section contient un élément actif.",
        "Retirer tout script, cadre ou gestionnaire d'événement.",
        null=True,
    ),
    Rule(
        "narrative-link",
        ".",
        f"{_BODY}h:linkHtml[@href]{_IN_NARRATIVE}",
        "0..*",
        "Un lien du texte d'une section lance un script.",
        "Ne garder que des liens vers une page ou une adresse.",
        check=checks.safe_link,
    ),
)
