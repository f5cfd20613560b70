"""Where site content (profiles, checks, templates, recipes) is found, and the readers of it."""
