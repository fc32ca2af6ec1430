"""What to do about a broken rule of XDS metadata, in French: the rules themselves are in English,
the language of a RegistryError."""

from __future__ import annotations

import re
from typing import Final

from carnet.ops.language import gettext as _
from carnet.ops.validate.verdict import Finding, Severity
from carnet.standards import nos
from carnet.standards.xds.errors import RegistryError
from carnet.standards.xds.rules import ATTRIBUTES, FR_DMP, RELATIONS, forms
from carnet.standards.xds.rules.attributes import AttributeRule, Demand

_FORMS: Final = {
    forms.OID: _("un OID de 64 caractères au plus, sans extension"),
    forms.TIME: _("une date AAAA[MM[JJ[hh[mm[ss]]]]] en temps universel"),
    forms.SECOND: _("une date AAAAMMJJhhmmss en temps universel"),
    forms.INS: _("un INS : matricule^^^&OID&ISO^NH"),
    forms.CX: _("un identifiant : id^^^&OID&ISO"),
    forms.PERSON: _("une personne ou un système (XCN du CI-SIS, 13 composants)"),
    forms.STRUCTURE: _("une structure (XON du CI-SIS, 10 composants)"),
    forms.TRIPLET: _("un code : code^libellé^OID"),
    forms.TITLE: _("un titre de 128 caractères au plus"),
    forms.LANGUAGE: _("une langue comme fr-FR (art pour une signature)"),
    forms.MIME_DMP: _("text/xml, application/xslt+xml ou application/dicom"),
    forms.TRAIT: _("un trait : PID-n|valeur"),
    forms.REFERENCE_DMP: _("une référence : id^^^&OID&ISO^type du JDV_J231"),
    forms.SHA1: _("un SHA-1 en hexadécimal"),
    forms.STABLE: _("l'objectType d'un document stable"),
}

#: By name of `rules.RELATIONS`.
_RELATIONS: Final = {
    "one lot": _("Décrire le lot : un RegistryPackage classé SubmissionSet, et un seul."),
    "one document": _("Décrire au moins un document (ExtrinsicObject)."),
    "one patient": _("Soumettre un lot par patient : le même patientId partout."),
    "the patient of the assertion": _("Émettre le VIHF pour le patient dont on envoie le lot."),
    "one uniqueId each": _("Donner un uniqueId différent à chaque objet du lot."),
    "members": _("Relier chaque document au lot par une association HasMember."),
    "status of members": _("Donner à chaque HasMember le slot SubmissionSetStatus = Original."),
    "references": _("Désigner les objets par leur id dans le lot, ou par leur entryUUID."),
    "types of association": _("N'envoyer que HasMember, RPLC, XFRM, APND, XFRM_RPLC ou signs."),
    "source of a relation": _("Faire partir l'association d'un document du lot."),
    "target of a relation": _("Désigner le document remplacé par son entryUUID (urn:uuid:…)."),
    "level of confidentiality": _("Mettre N, R ou V en premier, une seule fois."),
    "hidden from both": _("Choisir entre MASQUE_PS et INVISIBLE_PATIENT."),
    "times of the service": _("Vérifier le début et la fin de l'acte."),
    "one signature": _("Signer le lot une fois, par un seul document de signature."),
    "a signature and its lot": _("Relier la signature au lot par une association signs."),
    "what signs": _("Réserver l'association signs au document de signature du lot."),
    "codes of a signature": _("Donner à la signature ses codes et le type text/xml."),
    "a signature out of sight": _("Donner à la signature MASQUE_PS et INVISIBLE_PATIENT."),
}

_VALUE_SET: Final = re.compile(r"JDV_[\w-]+")
_DMP_VALUE_SET: Final = re.compile(r"JDV_[\w-]+-DMP\b")

_ATTRIBUTE_RULES: Final = {rule.name: rule for rule in ATTRIBUTES}
_RELATION_RULES: Final = {f"{rule.problem} ({rule.source})": rule for rule in RELATIONS}


def explained(error: RegistryError) -> Finding:
    """A RegistryError as a finding: the rule that is broken, when it is one of the tables.

    The problem is told in the words that a registry would answer.
    """
    severity = Severity.ERROR if error.severity == "Error" else Severity.WARNING
    problem = f"{error.code} : {error.context}"
    attribute = _ATTRIBUTE_RULES.get(error.context.partition(" ")[0])
    if attribute is not None:
        remedy = attribute_remedy(attribute)
        return Finding(attribute.name, error.location, problem, remedy, severity, attribute.source)
    relation = _RELATION_RULES.get(error.context)
    if relation is not None:
        return Finding(
            relation_id(relation.name),
            error.location,
            problem,
            relation_remedy(relation.name),
            severity,
            relation.source,
        )
    return Finding(error.code, error.location, problem, "", severity, "ITI TF-3 4.2")


def relation_id(name: str) -> str:
    """The stable id of a relation rule: `xds-one-lot`."""
    return f"xds-{name.lower().replace(' ', '-')}"


def relation_remedy(name: str) -> str:
    """What to do when the relation rule of that name is broken."""
    return _RELATIONS[name]


def attribute_remedy(rule: AttributeRule) -> str:
    """What the profile of the DMP expects of an attribute."""
    demand = rule.demands[FR_DMP]
    told = [_count(demand)]
    if demand.form is not None:
        told.append(_FORMS[demand.form])
    if demand.values:
        told.append(_("code du %s") % _published_name(demand.values))
    return _("Attendu pour %(name)s : %(what)s.") % {
        "name": rule.attribute,
        "what": " ; ".join(told),
    }


def _published_name(value_set: str) -> str:
    """The name of a value set: that of the DMP's own where it has one."""
    source = nos.value_set(value_set).source
    named = _DMP_VALUE_SET.search(source) or _VALUE_SET.search(source)
    return named[0] if named else value_set


def _count(demand: Demand) -> str:
    match demand.lowest, demand.highest:
        case 0, None:
            return _("autant de valeurs que voulu")
        case 0, 1:
            return _("une valeur au plus")
        case 1, 1:
            return _("une valeur")
        case low, None:
            return _("%d valeur ou plus") % low
        case low, high:
            return _("de %(low)d à %(high)d valeurs") % {"low": low, "high": high}
