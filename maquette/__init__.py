"""Maquette finds 3D models by photo, scan or mesh, with encoders trained from labels that nobody can fully trust."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("maquette")
