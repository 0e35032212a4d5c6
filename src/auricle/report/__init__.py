"""Pages that are one file: style, charts and sound inside, nothing fetched from anywhere."""
