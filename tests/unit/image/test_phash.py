"""The classical hash is stable under light edits and far between different pictures."""

import numpy as np
import pytest
from tests.unit.image.generated_pictures import picture

from socialflow.image.hamming import distances

pytest.importorskip("cv2")


class TestClassicalHash:
    def test_is_stable_under_a_change_of_brightness_and_far_between_pictures(self) -> None:
        from socialflow.image.phash import phash

        given = picture(1)
        same = phash((given * 0.8 + 20).astype(np.uint8))
        others = np.stack([phash(picture(seed)) for seed in range(2, 8)])
        assert distances(phash(given), same[None])[0] <= 4
        assert distances(phash(given), others).min() > 10
