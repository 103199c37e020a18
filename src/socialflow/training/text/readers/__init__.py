"""One function per form in which labelled texts are published; each yields the examples of a set for one head."""
