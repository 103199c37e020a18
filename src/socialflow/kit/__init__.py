"""Small shared tools without a domain: clock, digests, ids, roles, progress."""
