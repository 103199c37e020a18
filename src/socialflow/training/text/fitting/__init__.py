"""The text encoder as it is trained, with torch; what comes of it is served from ONNX and numpy."""
