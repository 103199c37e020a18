"""Small shared tools without a domain: clock, digests, pagination."""
