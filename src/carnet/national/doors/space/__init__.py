"""The citizen's space: one file a page, French first, nothing that needs JavaScript."""
