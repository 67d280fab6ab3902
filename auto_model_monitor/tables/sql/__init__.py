"""The queries about rows, made by SQLAlchemy for DuckDB and for databases."""
