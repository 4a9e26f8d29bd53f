"""Values of the losses against closed forms, and their gradients."""

import numpy as np
import pytest

from experiments.nn.activations import ACTIVATIONS, apply
from experiments.nn.losses import LOSSES, loss_of
from experiments.parameters import Choice

from . import reference
from .helpers import PRECISIONS, activation, one_hot

PRECISE = pytest.mark.parametrize("precision", PRECISIONS)


def value(output, z, labels):
    z = np.asarray(z)
    y = one_hot(np.asarray(labels), z.shape[-2], z.dtype)
    return loss_of(output).value(z, apply(activation(output), z), y)


def softplus(z):
    """log(1 + exp(z)) for z so large or small that the other term is below rounding."""
    return np.maximum(z, 0)


@pytest.mark.parametrize("output", ACTIVATIONS)
@pytest.mark.parametrize("classes", [2, 3, 10])
def test_agrees_with_the_plain_loss(output, classes):
    rng = np.random.default_rng(classes)
    z, labels = rng.normal(0, 2, (3, classes, 6)), rng.integers(classes, size=(3, 6))
    a = apply(activation(output), z)
    found = value(output, z, labels)
    assert found.shape == (3, 6)
    for run in range(3):
        plain = reference.losses(output, a[run].T, np.eye(classes)[labels[run]])
        np.testing.assert_allclose(found[run], plain, rtol=1e-12)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_gradient_agrees_with_central_differences(loss):
    rng = np.random.default_rng(3)
    z, y = rng.normal(0, 1, (2, 4, 3)), one_hot(rng.integers(4, size=(2, 3)), 4)
    to_output = (lambda z: apply(activation(loss.link), z)) if loss.link else (lambda z: z)
    expected, h = np.empty_like(z), 1e-5
    for unit in range(4):
        shift = h * (np.arange(4) == unit)[:, None]
        ahead = loss.value(z + shift, to_output(z + shift), y)
        behind = loss.value(z - shift, to_output(z - shift), y)
        expected[:, unit] = (ahead - behind) / (2 * h)
    out = np.empty_like(z)
    assert loss.gradient(to_output(z), y, out) is out
    np.testing.assert_allclose(out, expected, rtol=1e-6, atol=1e-10)


def test_gradient_of_softmax_and_cross_entropy_is_p_minus_y():
    rng = np.random.default_rng(4)
    z, y = rng.normal(0, 5, (10, 9)), one_hot(rng.integers(10, size=9), 10)
    p = apply(Choice("softmax"), z)
    jacobian = reference.jacobians("softmax", z.T)  # (B, C, C)
    chained = np.einsum("bi,bij->bj", -y.T / p.T, jacobian).T
    found = LOSSES["cross_entropy"].gradient(p, y, np.empty_like(p))
    np.testing.assert_array_equal(found, p - y)
    np.testing.assert_allclose(found, chained, rtol=1e-9, atol=1e-15)


@PRECISE
def test_cross_entropy_of_huge_logits(precision):
    z = np.array([[1e4, 1e4, -1e4], [-1e4, -1e4, -1e4 - 8], [-1e4, -1e4, -1e4 - 8]], precision)
    found = value("softmax", z, [0, 1, 1])
    assert found.dtype == precision
    np.testing.assert_array_equal(found[:2], [0, 2e4])
    np.testing.assert_allclose(found[2], 8 + np.log1p(2 * np.exp(-8)), rtol=1e-4)


@PRECISE
@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("shift", [-1e4, 16.0, 1e4])
def test_cross_entropy_keeps_its_digits_under_a_common_shift(precision, classes, shift):
    """Equal logits cost ln C wherever they lie; a nearly certain one costs its small rest."""
    equal = np.full((classes, 1), shift, precision)
    rtol = 8 * np.finfo(precision).eps
    np.testing.assert_allclose(value("softmax", equal, [0]), np.log(classes), rtol=rtol)
    certain = equal.copy()
    certain[1:] -= 7
    rest = np.log1p((classes - 1) * np.exp(-7.0))
    # The sum 1 + rest is rounded once; nothing more may be lost.
    tolerance = 2 * np.finfo(precision).eps
    np.testing.assert_allclose(value("softmax", certain, [0]), rest, rtol=rtol, atol=tolerance)


@PRECISE
def test_binary_cross_entropy_of_huge_logits(precision):
    z = np.array([[1e4, -1e4, 1e4, -1e4], [-1e4, 1e4, 1e4, -1e4]], precision)
    labels = np.array([0, 0, 1, 0])
    y = one_hot(labels, 2)
    expected = (softplus(z) - y * z).mean(axis=0)
    np.testing.assert_array_equal(expected, [0, 1e4, 5e3, 5e3])
    np.testing.assert_array_equal(value("sigmoid", z, labels), expected)


def test_binary_cross_entropy_of_a_small_rest():
    z = np.array([[30.0], [-30.0]])
    np.testing.assert_allclose(value("sigmoid", z, [0]), np.exp(-30.0), rtol=1e-12)


def test_squared_error_is_a_mean_over_classes():
    z = np.array([[0.5, 2.0], [0.0, -1.0], [1.0, 3.0]])
    np.testing.assert_allclose(value("linear", z, [0, 2]), [(0.25 + 0 + 1) / 3, (4 + 1 + 4) / 3])


@pytest.mark.parametrize("output", ACTIVATIONS)
@pytest.mark.parametrize("outputs", [1, 3])
def test_a_regression_has_squared_error_whatever_its_output(output, outputs):
    rng = np.random.default_rng(outputs)
    z, y = rng.normal(0, 2, (2, 5, outputs, 6))
    a = apply(activation(output), z)
    loss = loss_of(output, regression=True)
    assert loss is LOSSES["squared_error"]
    expected = ((a - y) ** 2).sum(axis=1) / outputs
    np.testing.assert_allclose(loss.value(z, a, y), expected, rtol=1e-14)
    plain = reference.losses(output, a[0].T, y[0].T, regression=True)
    np.testing.assert_allclose(loss.value(z, a, y)[0], plain, rtol=1e-14)
    gradient = loss.gradient(a, y, np.empty_like(a))
    np.testing.assert_allclose(gradient, 2 * (a - y) / outputs, rtol=1e-14)


def test_predicting_the_mean_costs_the_variance():
    y = np.random.default_rng(7).normal(3, 2, (1, 400))
    guess = np.full_like(y, y.mean())
    cost = loss_of("linear", regression=True).value(guess, guess, y).mean()
    assert cost == pytest.approx(y.var(), rel=1e-12)


@pytest.mark.parametrize("output", ACTIVATIONS)
def test_a_guess_of_nothing_costs_what_chance_costs(output):
    """With all pre-activations 0: ln C, ln 2, or the squared error of the constant f(0)."""
    zero = np.zeros((4, 1))
    a = apply(activation(output), zero)[0, 0]
    expected = {"softmax": np.log(4), "sigmoid": np.log(2)}
    constant = ((a - 1) ** 2 + 3 * a**2) / 4
    np.testing.assert_allclose(value(output, zero, [2]), expected.get(output, constant))
