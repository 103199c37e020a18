"""Who is calling and what they may do; shared by every door."""
