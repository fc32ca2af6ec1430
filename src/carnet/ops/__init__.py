"""Above all floors: settings, embedded services, supervision and the command line."""
