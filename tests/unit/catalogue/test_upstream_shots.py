"""The network for changes of shot: its card as it is shipped, with a network of its shape in the file's place."""

from pathlib import Path

import numpy as np
from tests.upstream_hub import HUB, file_text, serving, write_cards

from socialflow.catalogue.upstream.cards import CARDS, Cards
from socialflow.catalogue.upstream.loading import load
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.image.prepare import batch

NAME, FILE, FRAMES = "shots-transnet-v2", "transnetv2.onnx", 100


def changing() -> bytes:
    """Frames (1, 100, 27, 48, 3) to a value a frame: how surely the next one shows something else. A convolution over
    time takes each frame from the one after it, as the first layers of the real network learn to."""
    from onnx import TensorProto, helper, numpy_helper

    steps = np.zeros((3, 3, 2, 1, 1), np.float32)
    steps[range(3), range(3)] = np.array([-1, 1], np.float32)[:, None, None]
    nodes = [
        helper.make_node("Transpose", ["frames"], ["channels"], perm=[0, 4, 1, 2, 3]),
        helper.make_node("Conv", ["channels", "steps"], ["moved"], kernel_shape=[2, 1, 1], pads=[0, 0, 0, 1, 0, 0]),
        helper.make_node("Abs", ["moved"], ["far"]),
        helper.make_node("ReduceMean", ["far"], ["mean"], axes=[1, 3, 4], keepdims=0),
        helper.make_node("Sub", ["mean", "least"], ["beyond"]),
        helper.make_node("Sigmoid", ["beyond"], ["sure"]),
        helper.make_node("Reshape", ["sure", "shape"], ["single"]),
    ]
    constants = {
        "steps": steps,
        "least": np.array(30.0, np.float32),
        "shape": np.array([1, FRAMES, 1]),
    }
    graph = helper.make_graph(
        nodes,
        "changing",
        [helper.make_tensor_value_info("frames", TensorProto.FLOAT, [1, FRAMES, 27, 48, 3])],
        [helper.make_tensor_value_info("single", TensorProto.FLOAT, [1, FRAMES, 1])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString())


async def test_it_is_pulled_loaded_and_run_on_frames_of_a_film(tmp_path: Path) -> None:
    content = changing()
    head, _, rest = (CARDS / f"{NAME}.toml").read_text(encoding="utf-8").partition("[[files]]")
    text = head + file_text(FILE, content, f"{HUB}/{FILE}") + rest[rest.index("[[graphs]]") :]
    cards = Cards(write_cards(tmp_path / "cards", shots_transnet_v2=text))
    async with serving({f"/{FILE}": content}) as hub:
        installed = await UpstreamModels(tmp_path / "root", fetch=hub, cards=cards).pull(NAME)
    graph, image = load(installed).graph(), installed.card.image
    assert image is not None
    film = [np.full((90, 160, 3), 40 if number < 60 else 200, np.uint8) for number in range(FRAMES)]
    film[20:25] = [np.full((90, 160, 3), 45, np.uint8)] * 5
    tensor = graph.inputs[0]
    found = graph.run({tensor.name: batch(film, image, tensor.dtype)})[graph.outputs[0].name]
    assert np.flatnonzero(found.ravel()[:-1] > 0.5).tolist() == [59]
