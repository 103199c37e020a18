"""Video: opened once, and one pass of frames and sound answers everything that is asked about it."""
