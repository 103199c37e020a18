"""Pictures: decoded once, in a bounded child, and everything that is asked is answered from that."""
