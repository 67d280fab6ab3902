"""Request and response documents: schemas, JSON and the reference page at ``/docs``."""
