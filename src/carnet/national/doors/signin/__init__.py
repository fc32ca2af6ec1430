"""Stand-ins for Pro Santé Connect and FranceConnect: anybody becomes anybody, in a sandbox only.

Without `CARNET_SIGNIN_URL` no address of it exists. The protocol is Authlib's; here are the two
providers as tables, the personas one may be, the faults one may ask for. It has tables of its own
and no room knows it: our own sign-in reaches it by HTTP, as it reaches the real ones. It holds
nothing of a patient and writes nothing in the journal, which is of the record; what it does is told
in the log.
"""
