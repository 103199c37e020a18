"""Pictures: perceptual hashes and the fingerprints that find a picture again after it was edited."""
