"""A catalogue behind a Sosie server: the facade's words over HTTP."""
