"""Caches: in this process, in a file that the processes of one machine share, in Redis."""
