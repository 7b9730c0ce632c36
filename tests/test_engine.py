from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest
import tiny_model
from onnx import TensorProto, helper

from realtime.engine import OnnxStylizer
from realtime.errors import ModelError, OptionError, ProviderError
from realtime.model import FORMAT_KEY, StyleInfo
from realtime.styles import parse_style

NEGATIVE_ONLY = (StyleInfo("negative"),)


@pytest.fixture
def stylizer(model_path):
    with OnnxStylizer(model_path, device="cpu") as stylizer:
        yield stylizer


def test_it_says_what_it_is(stylizer, model_path):
    assert stylizer.path == model_path
    assert stylizer.device == "cpu"
    assert stylizer.provider == "CPUExecutionProvider"
    assert [style.name for style in stylizer.description.painted_styles] == ["negative", "swapped"]


@pytest.mark.parametrize("shape", [(16, 16), (37, 53), (64, 48), (17, 301)])
def test_it_paints_what_the_model_computes(stylizer, shape):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    painted = stylizer(image)
    assert painted.dtype == np.uint8
    np.testing.assert_array_equal(painted, tiny_model.expected(image, {"negative": 1}))


def test_sizes_can_alternate(stylizer):
    rng = np.random.default_rng(0)
    for shape in [(20, 30), (40, 20), (20, 30), (16, 90)]:
        image = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
        np.testing.assert_array_equal(stylizer(image), tiny_model.expected(image, {"negative": 1}))


def test_the_result_belongs_to_the_caller(stylizer, picture):
    first = stylizer(picture)
    kept = first.copy()
    stylizer(255 - picture)
    np.testing.assert_array_equal(first, kept)
    assert first.flags.owndata
    assert first.flags.writeable


def test_the_input_stays_as_it_is(stylizer, picture):
    before = picture.copy()
    for strength in (0, 0.1, 0.5, 1):
        stylizer.strength = strength
        stylizer(picture)
    np.testing.assert_array_equal(picture, before)


def test_styles_mix(stylizer, picture):
    stylizer.set_style(parse_style("negative:1,swapped:3", stylizer.description))
    np.testing.assert_array_equal(
        stylizer(picture), tiny_model.expected(picture, {"negative": 0.25, "swapped": 0.75})
    )


def test_style_weights_are_copied(stylizer, picture):
    weights = parse_style("swapped", stylizer.description)
    stylizer.set_style(weights)
    weights[:] = 0
    np.testing.assert_array_equal(stylizer(picture), tiny_model.expected(picture, {"swapped": 1}))


@pytest.mark.parametrize("weights", [np.ones(2), np.ones((3, 1)), np.array([1, np.nan, 0])])
def test_impossible_weights_are_refused(stylizer, weights):
    with pytest.raises(ValueError, match="3 finite numbers"):
        stylizer.set_style(weights)


@pytest.mark.parametrize("styles", [tiny_model.STYLES, NEGATIVE_ONLY])
def test_strength_0_is_the_exact_picture_and_1_the_painting(tmp_path, picture, styles):
    with OnnxStylizer(tiny_model.save(tmp_path / "m.onnx", styles)) as stylizer:
        stylizer.strength = 0
        untouched = stylizer(picture)
        np.testing.assert_array_equal(untouched, picture)
        assert not np.shares_memory(untouched, picture)
        stylizer.strength = 1
        np.testing.assert_array_equal(
            stylizer(picture), tiny_model.expected(picture, {"negative": 1})
        )


@pytest.mark.parametrize("styles", [tiny_model.STYLES, NEGATIVE_ONLY])
def test_strength_is_continuous_and_grows(tmp_path, picture, styles):
    with OnnxStylizer(tiny_model.save(tmp_path / "m.onnx", styles)) as stylizer:
        distances, previous = [], picture
        for strength in np.linspace(0, 1, 101):
            stylizer.strength = strength
            painted = stylizer(picture)
            # One step is a hundredth of the way; with the fade of an identity, at most 4.
            assert np.abs(painted.astype(int) - previous).max() <= 255 * 0.06
            previous = painted
            distances.append(np.abs(painted.astype(int) - picture).mean())
    assert distances == sorted(distances)
    assert distances[-1] > 50


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan"), float("inf")])
def test_an_impossible_strength_is_refused(stylizer, strength):
    with pytest.raises(OptionError, match="between 0 and 1"):
        stylizer.strength = strength
    assert stylizer.strength == 1


def test_half_strength_without_identity_is_a_blend(tmp_path, picture):
    with OnnxStylizer(tiny_model.save(tmp_path / "m.onnx", NEGATIVE_ONLY)) as stylizer:
        stylizer.strength = 0.5
        half = (picture.astype(float) + (255 - picture)) / 2
        assert np.abs(stylizer(picture) - half).max() <= 1


@pytest.mark.parametrize("shape", [(15, 40), (40, 15), (1, 1)])
def test_a_tiny_picture_is_refused(stylizer, shape):
    with pytest.raises(OptionError, match="too small"):
        stylizer(np.zeros((*shape, 3), np.uint8))


def test_other_arrays_are_refused(stylizer, picture):
    with pytest.raises(TypeError, match="float64"):
        stylizer(picture.astype(np.float64))
    with pytest.raises(ValueError, match="shape"):
        stylizer(picture[..., 0])
    with pytest.raises(ValueError, match="contiguous"):
        stylizer(picture[:, ::-1])


def test_warm_up_changes_nothing(stylizer, picture):
    stylizer.warm_up(53, 37)
    np.testing.assert_array_equal(stylizer(picture), tiny_model.expected(picture, {"negative": 1}))


def test_style_may_change_from_another_thread(stylizer, picture):
    allowed = {
        tiny_model.expected(picture, {name: 1}).tobytes() for name in ("negative", "swapped")
    }
    choices = [parse_style(name, stylizer.description) for name in ("negative", "swapped")]
    stop = threading.Event()

    def fiddle():
        while not stop.is_set():
            for weights in choices:
                stylizer.set_style(weights)

    thread = threading.Thread(target=fiddle)
    thread.start()
    try:
        seen = {stylizer(picture).tobytes() for _ in range(50)}
    finally:
        stop.set()
        thread.join()
    assert seen <= allowed


@pytest.mark.parametrize("options", [{"threads": 1}, {"threads": 2, "spinning": False}])
def test_threads_do_not_change_the_result(model_path, picture, options):
    with OnnxStylizer(model_path, **options) as stylizer:
        np.testing.assert_array_equal(
            stylizer(picture), tiny_model.expected(picture, {"negative": 1})
        )


@pytest.mark.parametrize(("threads", "at_once"), [(1, 2), (2, 2), (3, 2), (2, 3)])
def test_several_pictures_at_once_are_painted_the_same(model_path, threads, at_once):
    """Of several sizes too, by more threads than were announced."""
    chance = np.random.default_rng(1)
    pictures = [
        chance.integers(0, 256, (height, width, 3), np.uint8)
        for height, width in ((40, 64), (40, 64), (33, 50), (16, 16)) * 10
    ]
    with (
        OnnxStylizer(model_path, device="cpu", threads=threads, spinning=False) as stylizer,
        ThreadPoolExecutor(4) as pool,
    ):
        assert stylizer.share(at_once) == stylizer.at_once == min(threads, at_once)
        painted = list(pool.map(stylizer, pictures))
    for picture, painting in zip(pictures, painted, strict=True):
        np.testing.assert_array_equal(painting, tiny_model.expected(picture, {"negative": 1}))


def test_sharing_can_change_between_pictures(model_path, picture):
    expected = tiny_model.expected(picture, {"negative": 1})
    with OnnxStylizer(model_path, device="cpu", threads=2) as stylizer:
        assert stylizer.at_once == 1
        for at_once, ready in ((2, 2), (2, 2), (1, 1), (5, 2), (0, 1)):
            assert stylizer.share(at_once) == ready
            np.testing.assert_array_equal(stylizer(picture), expected)


@pytest.mark.parametrize("threads", [0, -1, 100_000])
def test_an_absurd_number_of_threads_is_refused(model_path, threads):
    with pytest.raises(OptionError, match="threads"):
        OnnxStylizer(model_path, threads=threads)


# Bad files


def refused(path):
    with pytest.raises(ModelError) as caught:
        OnnxStylizer(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_a_missing_file(tmp_path):
    assert "does not exist" in refused(tmp_path / "none.onnx")


def test_a_folder(tmp_path):
    assert "cannot be read" in refused(tmp_path)


def test_an_empty_file(tmp_path):
    path = tmp_path / "empty.onnx"
    path.write_bytes(b"")
    assert "empty" in refused(path)


@pytest.mark.parametrize("data", [b"not a model\n" * 9, np.random.default_rng(0).bytes(4000)])
def test_text_and_noise(tmp_path, data):
    path = tmp_path / "noise.onnx"
    path.write_bytes(data)
    assert "not a readable ONNX file" in refused(path)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95, 0.999])
def test_a_truncated_file(tmp_path, model_path, share):
    data = model_path.read_bytes()
    path = tmp_path / "cut.onnx"
    path.write_bytes(data[: int(len(data) * share)])
    assert "not a readable ONNX file" in refused(path)


def test_a_model_of_another_project(tmp_path):
    model = tiny_model.build()
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "other.onnx")
    assert "not a stylecam model" in refused(tmp_path / "other.onnx")


def test_a_model_of_another_format_version(tmp_path):
    model = tiny_model.build()
    next(entry for entry in model.metadata_props if entry.key == FORMAT_KEY).value = "99"
    onnx.save(model, tmp_path / "new.onnx")
    assert "'99'" in refused(tmp_path / "new.onnx")


def other_tensors():
    """Models with our metadata, but another input: floats, and a number without dimensions."""
    for kind, shape in [(TensorProto.FLOAT, [1, "h", "w", 3]), (TensorProto.UINT8, [])]:
        model = tiny_model.build()
        del model.graph.node[:], model.graph.input[:], model.graph.output[:]
        model.graph.input.append(helper.make_tensor_value_info("frame", kind, shape))
        model.graph.output.append(helper.make_tensor_value_info("stylized", kind, shape))
        model.graph.node.append(helper.make_node("Identity", ["frame"], ["stylized"]))
        yield model


@pytest.mark.parametrize("model", list(other_tensors()))
def test_a_model_with_other_tensors(tmp_path, model):
    onnx.save(model, tmp_path / "other.onnx")
    message = refused(tmp_path / "other.onnx")
    assert "expected" in message
    assert "found" in message


def test_a_model_whose_style_input_does_not_fit_its_metadata(tmp_path):
    model = tiny_model.build(tiny_model.STYLES[:2])
    props = {entry.key: entry.value for entry in tiny_model.build().metadata_props}
    helper.set_model_props(model, props)
    onnx.save(model, tmp_path / "odd.onnx")
    assert "other tensors" in refused(tmp_path / "odd.onnx")


def test_weights_in_another_file_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "split.onnx"
    onnx.save(
        tiny_model.build(), path, save_as_external_data=True, location="w.bin", size_threshold=0
    )
    # Also from where ONNX Runtime would find them.
    monkeypatch.chdir(tmp_path)
    assert (tmp_path / "w.bin").exists()
    assert "another file" in refused(path)


PLACES = {
    "{folder}/w.bin": "another file",
    "../{name}/w.bin": "another file",
    "/proc/self/environ": "another file",
    # How ONNX Runtime itself marks what lies in memory, anywhere in it.
    "*/_ORT_MEM_ADDR_/*": "not a readable ONNX file",
}


@pytest.mark.parametrize("in_a_node", [False, True])
@pytest.mark.parametrize("place", PLACES)
def test_no_other_file_is_read_wherever_it_lies(tmp_path, monkeypatch, place, in_a_node):
    model = tiny_model.build()
    (tensor,) = [tensor for tensor in model.graph.initializer if tensor.name == "matrices"]
    (tmp_path / "w.bin").write_bytes(tensor.raw_data)
    length = len(tensor.raw_data)
    if in_a_node:
        node = helper.make_node("Constant", [], ["matrices"], value=tensor)
        model.graph.initializer.remove(tensor)
        model.graph.node.insert(0, node)
        tensor = model.graph.node[0].attribute[0].t
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    location = place.format(folder=tmp_path, name=tmp_path.name)
    for key, value in (("location", location), ("offset", "0"), ("length", str(length))):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    path = tmp_path / "split.onnx"
    path.write_bytes(model.SerializeToString())
    monkeypatch.chdir(tmp_path)
    assert PLACES[place] in refused(path)


def test_names_that_are_no_text_are_damage(tmp_path, model_path):
    data = model_path.read_bytes()
    for word in (b"The Negative", b"frame"):
        path = tmp_path / "odd.onnx"
        path.write_bytes(data.replace(word, b"\xff" * len(word)))
        assert "a name that is no text" in refused(path)


def test_an_unknown_device_is_refused(model_path):
    with pytest.raises(OptionError, match="did you mean 'cuda'"):
        OnnxStylizer(model_path, device="cdua")


def test_a_device_that_is_not_here_is_refused(model_path):
    device = "coreml" if sys.platform == "win32" else "directml"
    with pytest.raises(ProviderError, match="to use it"):
        OnnxStylizer(model_path, device=device)


def test_a_picture_too_large_for_the_memory_is_the_users_to_mend(model_path):
    """In a process of its own, whose memory is limited to what it has and a little more."""
    pytest.importorskip("resource")
    code = """if True:
        import resource, sys
        from pathlib import Path
        import numpy as np
        from realtime.engine import OnnxStylizer
        from realtime.errors import OptionError

        stylizer = OnnxStylizer(Path(sys.argv[1]), device="cpu", threads=1)
        stylizer.warm_up(64, 64)
        image = np.zeros((4000, 5000, 3), np.uint8)
        limit = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (limit + 2 * image.nbytes,) * 2)
        try:
            stylizer(image)
        except OptionError as error:
            print(error)
        stylizer(image[:32, :32].copy())
    """
    done = subprocess.run(
        [sys.executable, "-c", code, model_path], capture_output=True, text=True, check=True
    )
    assert "not enough memory to paint 5000x4000 pixels" in done.stdout
