"""The catalogue: films and series, and their streaming providers."""
