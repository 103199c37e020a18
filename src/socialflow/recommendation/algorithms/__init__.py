"""One file per algorithm, each only its idea; they do not know each other (see `recommendation.builders`)."""
