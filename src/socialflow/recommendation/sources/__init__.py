"""Where candidates come from; `feeds` lists which feed uses which."""
