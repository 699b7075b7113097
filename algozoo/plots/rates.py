"""A figure of true-positive rates against false positives per map."""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure


def plot_rates(curves: pd.DataFrame, detectors: list[str], title: str) -> Figure:
    """Draw the curve of each detector with its 95 % band in a figure of pyplot.

    Parameters
    ----------
    curves : DataFrame
        See `algozoo.scoring.rates`.
    detectors : list of str
        In the order of the legend; one without a curve is in it, too.
    title : str
    """
    figure = plt.figure(figsize=(6.4, 4.8), layout="constrained")
    axes = figure.subplots()
    for detector in detectors:
        curve = curves[curves["detector"] == detector]
        label = detector if len(curve) else f"{detector} (no result)"
        (line,) = axes.plot(curve["fp_per_map"], curve["tpr"], label=label)
        axes.fill_between(curve["fp_per_map"], curve["tpr_low"], curve["tpr_high"], color=line.get_color(), alpha=0.2)
    axes.set(xscale="log", ylim=(0, 1))
    axes.set_title(title, parse_math=False)
    axes.set(xlabel="false positives per map", ylabel="fraction of the injected companions found")
    axes.legend(fontsize="small")
    return figure
