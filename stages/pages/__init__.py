"""Self-contained HTML pages: the report on the workspace, and the difference between revisions.

A room of its own beside ``results``: the evaluations depend on that folder, and a change to a style sheet must
not judge every network anew.
"""
