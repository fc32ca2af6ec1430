"""Nomenclatures des objets de santé (NOS, ANS): the French value sets, their labels, plain words.

The facts are tab-separated files in `tables/`, each naming its official source on its first line;
they are read once, when first asked for. `categories` says in plain French what a class or a type
of document is for the person who opens it.
"""

from carnet.standards.nos.categories import (
    CATEGORIES,
    Category,
    category,
    category_of,
    category_of_class,
)
from carnet.standards.nos.tables import (
    Concept,
    DocumentType,
    UnknownCode,
    ValueSet,
    class_of_type,
    display,
    document_type,
    format_of_template,
    system_oid,
    value_set,
    value_set_names,
)

__all__ = [
    "CATEGORIES",
    "Category",
    "Concept",
    "DocumentType",
    "UnknownCode",
    "ValueSet",
    "category",
    "category_of",
    "category_of_class",
    "class_of_type",
    "display",
    "document_type",
    "format_of_template",
    "system_oid",
    "value_set",
    "value_set_names",
]
