"""The platform's nouns: users, channels, items, interactions and who follows or blocks whom."""
