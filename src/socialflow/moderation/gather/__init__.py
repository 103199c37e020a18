"""From content to what was measured of it: one record of signals by text, pictures, video, author and known matches."""
