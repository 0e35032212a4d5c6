"""How the untouched default does on what a newcomer brings, beside fixed baselines."""
