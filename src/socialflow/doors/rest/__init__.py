"""The REST door: FastAPI application, schemas, routes and the map from errors to HTTP."""
