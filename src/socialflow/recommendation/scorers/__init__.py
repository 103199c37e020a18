"""What candidates are worth, one signal a class; `feeds` lists which feed weighs which."""
