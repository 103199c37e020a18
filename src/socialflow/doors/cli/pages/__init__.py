"""Reports as pages: one file each that needs nothing else, in light and in dark."""
