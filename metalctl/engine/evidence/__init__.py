"""What a run owes, and what is made of it: dossiers, pages and certificates."""
