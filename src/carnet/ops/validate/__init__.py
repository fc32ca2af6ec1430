"""`carnet validate`: what a file of the ecosystem is, and what is wrong in it.

A file is recognised by its content (`kinds`), judged by the rules of `carnet.standards` and told
as findings (`verdict`), each with its rule, place, problem, remedy and requirement (`report`).
Nothing here trusts a file: a certificate is not looked up, nor is a VIHF verified.
"""

from carnet.ops.validate.kinds import judge
from carnet.ops.validate.report import run, validate_file
from carnet.ops.validate.verdict import Finding, Kind, Severity, Verdict

__all__ = ["Finding", "Kind", "Severity", "Verdict", "judge", "run", "validate_file"]
