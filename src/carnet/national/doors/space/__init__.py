"""The citizen's space: one file a page, French first, nothing that needs JavaScript.

Requirements: R-001, R-022.
"""
