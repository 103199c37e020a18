"""Policies as data: how they are written, read, checked, evaluated, and tried on decisions that were taken.

::

    text (YAML) --reading--> Policy --compiled--> Compiled --evaluate--> Verdict       one piece of content
                               |                      `-----columnar--> Outcome        a batch of stored decisions
                            checks                                         `--replay--> Replay --guard--> active, or not
"""
