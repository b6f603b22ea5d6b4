"""What every projection promises, whatever it does: a common space, whatever the order, sizes it says, clear refusals.

Projections that need an optional package are tested where it is installed, and everywhere for what they say without it.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from maquette.errors import ConfigError, InputError, MissingExtraError, UnknownNameError
from maquette.methods import PROJECTIONS, Projection
from maquette.metrics import evaluate_pairs, get_protocol
from tests.methods.zoo_cases import take_away

NEEDS_ZOO = {"kcca", "mcca"}
WORKING = [name for name in PROJECTIONS.names() if find_spec("cca_zoo") is not None or name not in NEEDS_ZOO]
# Training long proves nothing more of a promise that holds at every step.
SHORT: dict[str, dict[str, int]] = {"dcca": {"steps": 20}, "dccae": {"steps": 20}}
LABELS = np.random.default_rng(5).permutation(np.repeat(np.arange(4), 20))
WIDTHS = {"image": 7, "mesh": 5, "pointcloud": 6}


def _build(name: str, *, dimensions: int) -> Projection:
    return PROJECTIONS.build(name, dimensions=dimensions, **SHORT.get(name, {}))


def _objects(projection: Projection, *, seed: int = 0) -> dict[str, np.ndarray]:
    """A class and something of the object itself, turned and scaled in each modality, under noise."""
    rng = np.random.default_rng(seed)
    latent = np.eye(4)[LABELS] * 3 + rng.normal(size=(80, 4))
    names = list(WIDTHS)[: projection.modalities or 3]
    turned = np.random.default_rng(99)
    return {
        name: latent @ turned.normal(size=(4, WIDTHS[name]))
        + 0.2 * rng.normal(size=(80, WIDTHS[name]))
        + turned.normal(size=WIDTHS[name])
        for name in names
    }


def _transformed(name: str, reps: dict[str, np.ndarray], labels: np.ndarray = LABELS) -> dict[str, np.ndarray]:
    return _build(name, dimensions=3).fit(reps, labels).transform(reps)


@pytest.mark.parametrize("name", WORKING)
def test_modalities_of_unseen_objects_meet_in_the_common_space(name: str) -> None:
    projection = PROJECTIONS.build(name, dimensions=3)
    fitted = projection.fit(_objects(projection), LABELS)
    common = fitted.transform(_objects(projection, seed=1))
    assert {values.shape for values in common.values()} == {(80, 3)}
    assert all(values.dtype == np.float64 and np.isfinite(values).all() for values in common.values())
    scores = evaluate_pairs(common, LABELS, protocol=get_protocol("clean"))
    chance = evaluate_pairs(common, np.random.default_rng(3).permutation(LABELS), protocol=get_protocol("clean"))
    for pair, found in scores.items():
        mean, by_chance = found.mean(), chance[pair].mean()
        assert mean is not None
        assert by_chance is not None
        assert mean > 0.6 > 0.4 > by_chance, pair


@pytest.mark.parametrize("name", WORKING)
def test_neither_the_order_of_objects_nor_that_of_modalities_matters(name: str) -> None:
    reps = _objects(_build(name, dimensions=3))
    expected = _transformed(name, reps)
    order = np.random.default_rng(1).permutation(80)
    shuffled = _build(name, dimensions=3).fit({m: v[order] for m, v in reps.items()}, LABELS[order])
    backwards = dict(reversed(reps.items()))
    for again in (shuffled.transform(reps), _transformed(name, backwards)):
        _assert_same_geometry(again, expected)


@pytest.mark.parametrize("name", WORKING)
def test_turning_and_moving_a_modality_changes_nothing(name: str) -> None:
    """Cosines between all representations stay: the axes of a modality mean nothing."""
    reps = _objects(_build(name, dimensions=3))
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(7, 7)))[0]
    moved = {**reps, "image": reps["image"] @ turn + 5.0}
    _assert_same_geometry(_transformed(name, moved), _transformed(name, reps))


@pytest.mark.parametrize("name", WORKING)
def test_labels_have_a_say_only_where_it_is_said(name: str) -> None:
    projection = _build(name, dimensions=3)
    reps = _objects(projection)
    other = _transformed(name, reps, np.random.default_rng(4).permutation(LABELS))
    same = all(np.array_equal(values, other[m]) for m, values in _transformed(name, reps).items())
    assert same == (not projection.uses_labels)


@pytest.mark.parametrize("name", WORKING)
def test_twice_is_the_same_and_arguments_are_left_as_they_are(name: str) -> None:
    reps = _objects(_build(name, dimensions=3))
    before = {m: values.copy() for m, values in reps.items()}
    first, second = _transformed(name, reps), _transformed(name, reps)
    for m, values in first.items():
        np.testing.assert_array_equal(values, second[m])
        np.testing.assert_array_equal(reps[m], before[m])


@pytest.mark.parametrize("name", WORKING)
def test_one_modality_alone_and_single_precision_are_transformed_alike(name: str) -> None:
    projection = _build(name, dimensions=3)
    reps = _objects(projection)
    fitted = projection.fit(reps, LABELS)
    together = fitted.transform(reps)
    for m, values in reps.items():
        np.testing.assert_allclose(fitted.transform({m: values[:5]})[m], together[m][:5], atol=1e-12)
    single = projection.fit({m: values.astype(np.float32) for m, values in reps.items()}, LABELS)
    _assert_same_geometry(single.transform(reps), together, within=1e-3)


@pytest.mark.parametrize("name", WORKING)
def test_more_dimensions_than_there_are_is_as_many_as_there_are(name: str) -> None:
    projection = _build(name, dimensions=1000)
    reps = _objects(projection)
    common = projection.fit(reps, LABELS).transform(reps)
    sizes = {values.shape[1] for values in common.values()}
    assert len(sizes) == 1
    assert 3 <= sizes.pop() < 80
    assert all(np.isfinite(values).all() for values in common.values())


@pytest.mark.parametrize("name", WORKING)
def test_fewer_objects_than_dimensions_are_no_accident(name: str) -> None:
    projection = _build(name, dimensions=2)
    reps = {m: values[:6].repeat(3, axis=1) for m, values in _objects(projection).items()}
    common = projection.fit(reps, np.array([0, 1, 2, 0, 1, 2])).transform(reps)
    assert all(np.isfinite(values).all() for values in common.values())


@pytest.mark.parametrize("name", WORKING)
def test_what_does_not_fit_is_refused(name: str) -> None:
    projection = _build(name, dimensions=2)
    reps = _objects(projection)
    fitted = projection.fit(reps, LABELS)
    with pytest.raises(UnknownNameError, match="'smell': expected one of image, mesh"):
        fitted.transform({"smell": reps["image"]})
    with pytest.raises(InputError, match="image: 3 dimensions, expected 7"):
        fitted.transform({"image": reps["image"][:, :3]})
    with pytest.raises(InputError, match=r"mesh: representations of shape \(79, 5\), expected \(80, dimensions\)"):
        projection.fit({**reps, "mesh": reps["mesh"][1:]}, LABELS)
    with pytest.raises(InputError, match="mesh: representations hold values that are not finite"):
        projection.fit({**reps, "mesh": reps["mesh"] * np.nan}, LABELS)
    with pytest.raises(InputError, match="mesh: all objects have the same representation"):
        projection.fit({**reps, "mesh": np.ones_like(reps["mesh"])}, LABELS)
    with pytest.raises(InputError, match="at least two objects"):
        projection.fit({m: values[:1] for m, values in reps.items()}, LABELS[:1])
    with pytest.raises(InputError, match="modalities, there are 0: none"):
        projection.fit({}, LABELS)
    with pytest.raises(ConfigError, match="dimensions is 0"):
        _build(name, dimensions=0)


@pytest.mark.parametrize("name", sorted(NEEDS_ZOO))
def test_without_its_package_it_says_what_to_install(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    take_away(monkeypatch)
    projection = _build(name, dimensions=2)
    with pytest.raises(MissingExtraError, match=rf"'{name}' needs cca-zoo.*maquette\[baselines\]"):
        projection.fit(_objects(projection), LABELS)


@pytest.mark.parametrize("name", PROJECTIONS.names())
def test_every_projection_has_a_page_that_names_it(name: str) -> None:
    pages = sorted((Path(__file__).parents[2] / "docs" / "methods").glob("*.md"))
    assert any(f"`{name}`" in page.read_text(encoding="utf-8").splitlines()[0] for page in pages)


def _assert_same_geometry(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray], *, within: float = 1e-6) -> None:
    """Equal cosines between all objects of all modalities: signs of the axes are nobody's business."""
    gram = []
    for common in (ours, theirs):
        rows = np.concatenate([common[m] for m in sorted(common)])
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        gram.append(rows @ rows.T)
    np.testing.assert_allclose(gram[0], gram[1], atol=within)
