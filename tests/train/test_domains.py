"""Domain adaptation on features: by hand, against SciPy, and whatever a learner may pass."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg, sparse

from tl_helpers.core.errors import BadValue, UnknownName
from tl_helpers.train import domains


@pytest.fixture
def clouds():
    """Labelled source and a target that is moved, stretched and turned."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 60)
    source = rng.normal(size=(120, 3)) + 2.0 * labels[:, None]
    turned = rng.normal(size=(3, 3))
    truth = np.tile([0, 1], 50)
    target = (rng.normal(size=(100, 3)) + 2.0 * truth[:, None]) @ turned + 5
    return source, labels, target, truth


def test_coral_by_hand_in_one_dimension():
    wide, narrow = np.array([[-3.0], [0.0], [3.0]]), np.array([[10.0], [11.0], [12.0]])
    moved = domains.coral(wide, narrow, strength=1e-12)
    assert np.allclose(moved.ravel(), [10, 11, 12], atol=1e-4)  # 9 becomes 1, the mean 11
    stays = domains.coral(wide, narrow, strength=1e-12, centre=False)
    assert np.allclose(stays.ravel(), [-1, 0, 1], atol=1e-4)


def test_coral_is_that_of_scipy_and_meets_mean_and_covariance(clouds):
    source, _, target, _ = clouds
    covariances = [np.cov(x, rowvar=False) + 0.5 * np.eye(3) for x in (source, target)]
    centred = source - source.mean(axis=0)
    expected = centred @ linalg.inv(linalg.sqrtm(covariances[0])) @ linalg.sqrtm(covariances[1])
    expected = expected + target.mean(axis=0)
    assert np.allclose(domains.coral(source, target, strength=0.5), expected)
    met = domains.coral(source, target, strength=1e-9)
    assert np.allclose(np.cov(met.T), np.cov(target.T), atol=1e-5)
    assert np.allclose(met.mean(axis=0), target.mean(axis=0))


def test_a_huge_strength_only_moves(clouds):
    source, _, target, _ = clouds
    moved = domains.coral(source, target, strength=1e9)
    expected = source - source.mean(axis=0) + target.mean(axis=0)
    assert np.allclose(moved, expected, atol=1e-5)


def test_standardise_each(clouds):
    source, _, target, _ = clouds
    for rows in domains.standardise_each(source, target):
        assert np.allclose(rows.mean(axis=0), 0) and np.allclose(rows.std(axis=0), 1)
    still, _ = domains.standardise_each([[1.0, 2.0], [1.0, 4.0]], [[0.0, 0.0], [1.0, 1.0]])
    assert still[:, 0].tolist() == [0, 0]


def test_proxy_a_distance_at_its_ends_and_between():
    rng = np.random.default_rng(1)
    one, other = rng.normal(size=(2, 400, 2))
    assert domains.proxy_a_distance(one, one + 9) == 2
    assert abs(domains.proxy_a_distance(one, other)) < 0.4
    assert 0.4 < domains.proxy_a_distance(one, other + 0.8) < 1.8
    # as many rows of each, or the more frequent domain would be a safe guess
    assert abs(domains.proxy_a_distance(one, other[:60])) < 0.9


def test_importance_weights_follow_the_target():
    rng = np.random.default_rng(2)
    source, target = rng.normal(size=(500, 1)), rng.normal(size=(300, 1)) + 1
    weights = domains.importance_weights(source, target, C=1.0)
    assert np.corrcoef(weights, source[:, 0])[0, 1] > 0.7 and weights.max() <= 10
    expected = np.exp(source[:, 0] - 0.5)  # the true ratio of the two densities
    assert np.median(np.abs(np.log(weights / np.minimum(expected, 10)))) < 0.3
    assert np.allclose(domains.importance_weights(source, source), 1)


def test_a_shifted_target_is_read_again(clouds):
    source, labels, *_ = clouds
    shifted = source + 4
    plain, own, coral, median = (
        (domains.fit(source, labels, shifted, method).predict(shifted) == labels).mean()
        for method in ("none", "standardise", "coral", "median")
    )
    assert plain < 0.6 and min(own, coral, median) > 0.9


def test_a_word_that_the_source_never_had_gets_a_weight():
    rng = np.random.default_rng(3)
    labels = np.repeat([0, 1], 100)
    known = 2.0 * labels - 1 + rng.normal(size=200)
    source = np.stack([known, np.zeros(200)], axis=1)
    target = np.stack([known, known + 0.3 * rng.normal(size=200)], axis=1)
    before, after = (
        domains.fit(source, labels, target, method).regression.coef_[0, 1]
        for method in ("none", "coral")
    )
    assert before == 0 and after > 0.05


def test_self_training_takes_as_many_of_each_class(clouds):
    source, labels, target, _ = clouds
    for part in (0.2, 1.0):
        shares = domains.fit(source, labels, target, "none").probabilities(target)
        rows, guessed = domains._surest(shares, part)
        assert len(set(rows.tolist())) == len(rows)
        assert np.bincount(guessed).tolist() == [int(len(target) * part) // 2] * 2
    three = np.array([0, 1, 2] * 40)
    classifier = domains.fit(source, three, target, "self-training")
    assert classifier.probabilities(target).shape == (100, 3)


def test_labels_may_be_words_and_the_median_halves_the_target(clouds):
    source, labels, target, _ = clouds
    words = np.array(["blame", "praise"])[labels]
    classifier = domains.fit(source, words, target, "median")
    assert classifier.classes.tolist() == ["blame", "praise"]
    assert (classifier.predict(target) == "praise").mean() == 0.5
    assert np.allclose(classifier.probabilities(target).sum(axis=1), 1)


def test_compare_has_a_row_for_each_method(clouds):
    source, labels, target, truth = clouds
    rows = domains.compare(source, labels, target[:50], target[50:], truth[50:])
    assert [row["method"] for row in rows] == list(domains.METHODS)
    assert all(0 <= row["accuracy"] <= 1 and 0 <= row["auc"] <= 1 for row in rows)
    three = np.array([0, 1, 2] * 40)
    rows = domains.compare(source, three, target[:50], target[50:], truth[50:])
    assert "median" not in [row["method"] for row in rows] and "auc" not in rows[0]
    one_class = domains.compare(source, labels, target[:50], target[50:], [1] * 50)
    assert one_class[0]["auc"] is None


# --- what may come in ----------------------------------------------------------------------------


def test_domains_without_a_label_in_common(clouds):
    source, labels, target, truth = clouds
    words = np.array(["blame", "praise"])[truth]
    with pytest.raises(BadValue, match=r"no label in common: \[0, 1\].*'blame', 'praise'"):
        domains.compare(source, labels, target, target, words)
    with pytest.raises(BadValue, match=r"labels that the source has not: \[2\](.|\n)*leave these"):
        domains.compare(source, labels, target, target, truth + 1)


def test_a_single_class_in_the_source(clouds):
    source, labels, target, _ = clouds
    with pytest.raises(BadValue, match="All labels of the source are 1(.|\n)*two classes"):
        domains.fit(source, labels * 0 + 1, target)


@pytest.mark.parametrize(
    "call",
    [
        domains.coral,
        domains.standardise_each,
        domains.proxy_a_distance,
        domains.importance_weights,
        lambda source, target: domains.fit(source, [0, 1] * 60, target),
        lambda source, target: domains.compare(source, [0, 1] * 60, target, source, [0, 1] * 60),
    ],
)
def test_no_unlabelled_texts_other_columns_and_no_tables(clouds, call):
    source, _, target, _ = clouds
    with pytest.raises(BadValue, match="target has no rows(.|\n)*unlabelled texts"):
        call(source, target[:0])
    with pytest.raises(BadValue, match="source has 3 columns, target has 2(.|\n)*the same way"):
        call(source, target[:, :2])
    with pytest.raises(BadValue, match=r"sparse(.|\n)*target\.toarray\(\)"):
        call(source, sparse.csr_matrix(target))
    holes = target.copy()
    holes[3, 1] = np.nan
    with pytest.raises(BadValue, match="target has numbers that are not finite"):
        call(source, holes)
    for bad in (None, "texts", 3, ["a", "b"], [[1.0], [1.0, 2.0]], target[0], np.zeros((4, 0))):
        with pytest.raises(BadValue, match="target"):
            call(source, bad)


def test_too_few_rows_labels_that_do_not_fit_and_unknown_names(clouds):
    source, labels, target, truth = clouds
    with pytest.raises(BadValue, match="target has 1 rows, and 2 are the least"):
        domains.coral(source, target[:1])
    with pytest.raises(BadValue, match="source has 3 rows, and 4 are the least"):
        domains.proxy_a_distance(source[:3], target)
    with pytest.raises(BadValue, match="source has 120 rows, but 119 labels"):
        domains.fit(source, labels[1:], target)
    with pytest.raises(BadValue, match="judged part has 100 rows, but 99 labels"):
        domains.compare(source, labels, target, target, truth[1:])
    with pytest.raises(UnknownName, match="Did you mean 'coral'"):
        domains.fit(source, labels, target, "corral")
    with pytest.raises(BadValue, match="between two classes; there are 3"):
        domains.fit(source, np.array([0, 1, 2] * 40), target, "median")
    with pytest.raises(BadValue, match="source has 3 columns, features has 2"):
        domains.fit(source, labels, target).predict(target[:, :2])
    for bad in (0, -1, float("nan"), "1", None):
        with pytest.raises(BadValue, match="strength="):
            domains.coral(source, target, strength=bad)
