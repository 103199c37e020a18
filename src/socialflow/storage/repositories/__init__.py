"""The ports of the domains, satisfied with SQL."""
