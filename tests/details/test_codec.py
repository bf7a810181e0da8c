import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sosie.details.base import Details, no_details
from sosie.details.codec import MOST_BYTES, pack, unpack
from sosie.details.extract import extract
from sosie.details.quantizing import shipped_quantizer
from sosie.details.verify import verify
from sosie.errors import StoreDamaged
from support.textures import draw_print, seen_from, turned

PACKED = pack(extract(draw_print(1)))


def made_up(rows: int) -> Details:
    rng = np.random.default_rng(0)
    descriptors = rng.random((rows, 128), np.float32)
    return Details(
        (480, 300),
        np.asarray(rng.uniform(0, (480, 300), (rows, 2)), np.float32),
        np.asarray(rng.uniform(1.7, 200, rows), np.float32),
        np.asarray(rng.uniform(0, 360, rows), np.float32),
        descriptors / np.linalg.norm(descriptors, axis=1, keepdims=True),
    )


def test_what_comes_back_is_near_to_what_went_in():
    details = extract(draw_print(1))
    back = unpack(PACKED)
    assert back.size == details.size
    np.testing.assert_allclose(back.points, details.points, atol=1 / 32)
    np.testing.assert_allclose(back.scales, details.scales, rtol=0.016)
    turned_by = (back.angles - details.angles + 180) % 360 - 180
    assert np.abs(turned_by).max() <= 0.71
    assert ((back.angles >= 0) & (back.angles < 360)).all()
    cosines = (back.descriptors * details.descriptors).sum(axis=1)
    assert cosines.mean() > 0.97
    np.testing.assert_allclose(np.linalg.norm(back.descriptors, axis=1), 1, atol=1e-5)


def test_a_photo_agrees_with_packed_details_nearly_as_well():
    picture = draw_print(2)
    photo = extract(seen_from(picture, turned(30, 0.8, 400, 600), (600, 600)))
    whole, packed = verify(photo, extract(picture)), verify(photo, unpack(pack(extract(picture))))
    assert whole is not None
    assert packed is not None
    assert packed.inliers > 0.8 * whole.inliers


@pytest.mark.parametrize("rows", [1, 600, 2_000])
def test_never_more_than_16_kilobytes_and_the_strongest_points_stay(rows):
    details = made_up(rows)
    data = pack(details)
    back = unpack(data)
    assert len(data) <= MOST_BYTES == 16_384
    assert len(back) == rows or len(back) >= 600
    np.testing.assert_allclose(back.points, details.points[: len(back)], atol=1 / 32)


def test_a_plain_picture_comes_back_without_details():
    assert len(unpack(pack(extract(Image.new("RGB", (50, 80)))))) == 0
    assert unpack(pack(no_details((480, 1)))).size == (480, 1)


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: PACKED[:10] + tail))
def test_other_bytes_are_damage(data):
    with pytest.raises(StoreDamaged, match="index it again"):
        unpack(data)


@settings(max_examples=200)
@given(st.data())
def test_changed_bytes_are_damage_or_details(data):
    broken = bytearray(PACKED[: data.draw(st.sampled_from([len(PACKED), len(PACKED) - 1, 500]))])
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, min(60, len(broken) - 1)))] = data.draw(st.integers(0, 255))
    try:
        details = unpack(bytes(broken))
    except StoreDamaged:
        return
    assert np.isfinite(details.descriptors).all()
    assert np.isfinite(details.scales).all()
    assert ((details.points >= 0) & (details.points <= details.size)).all()
    verify(details, details)


def test_the_quantizer_takes_the_nearest_word():
    quantizer = shipped_quantizer()
    words = quantizer.words[np.arange(quantizer.parts), np.full(quantizer.parts, 7)]
    turned_back = words.T.reshape(1, -1) @ quantizer.axes.T + quantizer.mean
    np.testing.assert_array_equal(quantizer.encode(turned_back), np.full((1, quantizer.parts), 7))
