"""What travels over the wire: pydantic models of bodies and answers, and their translation to records."""
