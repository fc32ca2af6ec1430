"""What a sandbox says of the exchanges it keeps: a command and pages, for whoever runs it.

The bytes come from `national.exchanges`, the verdict from `ops.validate`: the rules by which
`carnet validate` judges a file judge what a publisher's software sent.
"""
