"""What is asked of a text: one file a head, listed in `socialflow.text.builders`."""
