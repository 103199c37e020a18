"""What takes candidates out; `feeds` lists which feed uses which."""
