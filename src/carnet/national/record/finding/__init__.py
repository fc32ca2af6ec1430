"""Finding: documents are read once they are registered, and found by any word in them.

`reading` takes the text out of what was published and keeps it for each patient; `searching`
answers, always for an actor (`carnet.national.record.finding.searching.search`). What a text and
a word are, `standards.texts` knows.
"""
