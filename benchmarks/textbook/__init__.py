"""Networks written straight from their papers' definitions, slow and plain: what the package's own must equal."""
