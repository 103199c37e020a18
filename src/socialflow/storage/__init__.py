"""The relational store: SQLite by default, PostgreSQL by setting; the only package that knows SQL."""
