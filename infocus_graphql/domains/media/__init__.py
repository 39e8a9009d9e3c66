"""Media: films and series with their streaming providers."""
