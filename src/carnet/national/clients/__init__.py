"""How the national wing calls out: around standards and storage, no rules."""
