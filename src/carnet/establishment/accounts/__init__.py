"""How those who work at the desk prove who they are: password and code, or Pro Santé Connect.

The level of proof is kept in the session and goes with the operator into every trace (R-019). The
operators themselves, with their passwords, are in `patients`.
"""
