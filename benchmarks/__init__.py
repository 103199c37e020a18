"""Speed and load figures, one command each; results as JSON under `benchmarks/results/`."""
