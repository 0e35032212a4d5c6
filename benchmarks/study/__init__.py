"""The study of music and speech: which choices make a small network hold on other recordings."""
