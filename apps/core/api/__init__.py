"""The shared base of the REST API. An app exports its routes as ``router`` in ``api/urls.py``."""
