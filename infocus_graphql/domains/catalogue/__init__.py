"""The catalogue as a copy of TMDB's: the state of each title's copy."""
