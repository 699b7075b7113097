"""Running code that nobody vouches for: confined, limited, and without memory of what it ran before."""
