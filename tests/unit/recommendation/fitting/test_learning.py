"""Networks learn on every processor, and leave the process as it was."""

import pytest


@pytest.mark.train
def test_a_fit_uses_the_processors_and_gives_them_back() -> None:
    torch = pytest.importorskip("torch")
    from socialflow.recommendation.cooccurrence import threads
    from socialflow.recommendation.fitting.learning import processors

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with processors():
            assert torch.get_num_threads() == threads()
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
