"""What Carnet costs, path by path, beside the floor: the same work in a bare function.

`python -m bench` starts what it needs on this machine and prints one table; how to read it is in
docs/reference/performance.md.
"""
