"""What looks at a video while it goes by, one question a file."""
