"""Figures and reports for people: top-K sheets, training curves, contact sheets, maps of the common space.

Each drawing function returns a matplotlib figure and touches no global state; `save_png` writes the same bytes twice.
"""

from maquette.plots.canvas import save_png
from maquette.plots.contact import contact_sheet
from maquette.plots.curves import training_curves
from maquette.plots.density import density_figure
from maquette.plots.doubts import Doubt, doubt_sheet
from maquette.plots.parts import part_differences
from maquette.plots.rates import rate_curves
from maquette.plots.report import Figure, Section, Table, write_report
from maquette.plots.topk import top_k_sheet
from maquette.plots.tsne import tsne_layout, tsne_map

__all__ = [
    "Doubt",
    "Figure",
    "Section",
    "Table",
    "contact_sheet",
    "density_figure",
    "doubt_sheet",
    "part_differences",
    "rate_curves",
    "save_png",
    "top_k_sheet",
    "training_curves",
    "tsne_layout",
    "tsne_map",
    "write_report",
]
