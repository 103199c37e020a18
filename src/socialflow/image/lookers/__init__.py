"""Those who look at a picture, one each."""
