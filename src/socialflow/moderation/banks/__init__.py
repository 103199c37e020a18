"""Banks of what is known: prints of pictures, videos, sounds and texts, and what of something new is in them."""
