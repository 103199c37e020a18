"""How fit for work a picture is, and which parts of it make it less so."""

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.ndimage import label

from socialflow.catalogue.upstream.handed import Handed
from socialflow.image.classify import Classifier, Floats
from socialflow.image.detections import Box
from socialflow.image.looker import Looker
from socialflow.image.nsfw import probabilities, views
from socialflow.image.pictures import at_most
from socialflow.image.records import Colours, Picture
from socialflow.kit.findings import Finding

SIDE = 672
"""Pixels of the longer side that are looked at: three times what the model sees, so that a third of it is sharp."""
CONCERN = 0.2
"""Probability of explicit and in between together from which parts are looked at."""
CELLS, WINDOW = 6, 2
"""Parts in a row, and how many of them the window covers that slides over the picture."""
CLEAR = 0.05
"""Drop below which no part of a picture makes the difference, but the whole."""

Drops = npt.NDArray[np.float64]


class NSFWLooker(Looker):
    """Asks the model for the picture and its mirror image, and takes the mean.

    Where that gives concern, a window of the picture's mean colour slides over it: parts whose covering lets the score
    fall by half the greatest fall or more are where it comes from (occlusion, Zeiler and Fergus 2014). The finding:
    `probabilities` {label: p}, `regions` [{box, drop, unsafe, questionable}], `heat` (6 x 6 drops, or empty).
    """

    name: ClassVar[str] = "nsfw"

    def __init__(self, model: Handed) -> None:
        self._model = Classifier(model)

    def look(self, picture: Picture) -> Finding:
        """What the model says."""
        colours = at_most(picture.colours, SIDE)
        row = self._model.rows([colours, colours[:, ::-1]]).mean(0)
        found: dict[str, Any] = {"probabilities": probabilities(self._model.labels, row), "regions": [], "heat": []}
        if self._concern(row[None])[0] >= CONCERN:
            drops = self._drops(colours)
            found |= {"regions": self._regions(colours, drops), "heat": drops.round(4).tolist()}
        return Finding(found)

    def _concern(self, rows: Floats) -> Drops:
        return np.array([1.0 - views(probabilities(self._model.labels, row))["safe"] for row in rows])

    def _drops(self, colours: Colours) -> Drops:
        """By how much the score falls where a part is covered, mean of the windows that cover it."""
        height, width = colours.shape[:2]
        rows, columns = (np.linspace(0, side, CELLS + 1).round().astype(int) for side in (height, width))
        mean = colours.reshape(-1, 3).mean(0).round().astype(np.uint8)
        places = [(row, column) for row in range(CELLS - WINDOW + 1) for column in range(CELLS - WINDOW + 1)]
        pictures = [colours]
        for row, column in places:
            covered = colours.copy()
            covered[rows[row] : rows[row + WINDOW], columns[column] : columns[column + WINDOW]] = mean
            pictures.append(covered)
        scores = self._concern(self._model.rows(pictures))
        total, times = np.zeros((CELLS, CELLS)), np.zeros((CELLS, CELLS))
        for (row, column), score in zip(places, scores[1:], strict=True):
            total[row : row + WINDOW, column : column + WINDOW] += scores[0] - score
            times[row : row + WINDOW, column : column + WINDOW] += 1
        drops: Drops = total / times
        return drops

    def _regions(self, colours: Colours, drops: Drops) -> list[dict[str, Any]]:
        """Parts that hang together and make the difference, the greatest drop first."""
        if drops.max() < CLEAR:
            return []
        parts, count = label(drops >= drops.max() / 2)
        found = [self._region(colours, drops, parts == number) for number in range(1, count + 1)]
        return sorted(found, key=lambda one: -float(one["drop"]))

    def _region(self, colours: Colours, drops: Drops, part: npt.NDArray[np.bool_]) -> dict[str, Any]:
        rows, columns = np.nonzero(part)
        edges = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / CELLS
        height, width = colours.shape[:2]
        left, top, right, bottom = (edges * (width, height, width, height)).round().astype(int)
        piece = colours[top : max(bottom, top + 1), left : max(right, left + 1)]
        seen = views(probabilities(self._model.labels, self._model.rows([piece])[0]))
        return {
            "box": Box(*edges.tolist()).place(),
            "drop": round(float(drops[part].max()), 4),
            "unsafe": seen["unsafe"],
            "questionable": seen["questionable"],
        }
