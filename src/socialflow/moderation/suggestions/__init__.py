"""Scores that callers say a comment should have: kept, judged by people, and handed on to train with."""
