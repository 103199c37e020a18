"""What rearranges a ranking; `feeds` lists which feed uses which."""
