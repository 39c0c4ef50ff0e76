"""Pictures of ideas: pieces stand where they are put, and mean the same everywhere."""

from __future__ import annotations

import pytest

from tl_helpers.core.errors import UnknownName
from tl_helpers.show.diagrams import Diagram, Piece
from tl_helpers.show.plots import png


@pytest.mark.parametrize(
    ("other", "edge"),
    [
        (Piece(5, 1, 1, 1), (2, 1)),
        (Piece(-5, 1, 1, 1), (0, 1)),
        (Piece(1, 5, 1, 1), (1, 1.5)),
        (Piece(1, -5, 1, 1), (1, 0.5)),
        (Piece(2.5, 2, 1, 1), (1, 1.5)),  # a wide piece is left by its upper side
    ],
)
def test_arrows_leave_by_the_side_that_looks_there(other, edge):
    assert Piece(1, 1, 2, 1).edge(other) == edge


def test_frozen_is_hatched_and_trained_is_filled():
    d = Diagram(6, 2)
    d.box(1, 1, "body", kind="frozen", colour="#0072B2")
    d.box(4, 1, "head", kind="trained", colour="#0072B2")
    hatches = [patch.get_hatch() for patch in d.figure.axes[0].patches]
    assert hatches[0] == "////" and not any(hatches[1:])
    assert d.figure.axes[0].patches[-1].get_facecolor()[:3] == pytest.approx(
        (0, 0.447, 0.698), abs=0.01
    )
    with pytest.raises(UnknownName, match="froozen"):
        d.box(1, 1, "x", kind="froozen")


def test_a_vector_is_shaded_by_its_values():
    d = Diagram(3, 1)
    piece = d.vector(1.5, 0.5, [0.0, -2.0, 1.0], colour="#000000")
    fills = [patch.get_facecolor()[0] for patch in d.figure.axes[0].patches]
    assert fills == [1.0, 0.0, 0.5] and piece.width == pytest.approx(3 * 0.17)


def test_tokens_stand_in_a_row_without_touching():
    d = Diagram(5, 1)
    row = d.tokens(0.2, 0.5, ["scan", "##dal", "."])
    for left, right in zip(row, row[1:], strict=False):
        assert left.x + left.width / 2 < right.x - right.width / 2


def test_an_area_and_a_bar_are_as_large_as_what_they_stand_for():
    d = Diagram(6, 2)
    area = d.area(1, 1, 1.5, 0.5, colour="#000000", shade=0.25)
    bar = d.bar(3, 1, 2.0, colour="#000000")
    frame = d.bar(3, 0.5, 1.0, colour="#000000", filled=False, thickness=0.1)
    assert (area.width, area.height) == (1.5, 0.5)
    assert (bar.x, bar.width, frame.height) == (4, 2.0, 0.1)
    drawn = d.figure.axes[0].patches
    assert [p.get_bbox().bounds for p in drawn] == [
        pytest.approx(bounds)
        for bounds in ((0.25, 0.75, 1.5, 0.5), (3, 0.9, 2, 0.2), (3, 0.45, 1, 0.1))
    ]
    assert [p.get_facecolor()[0] for p in drawn] == [0.75, 0.0, 1.0]


def test_a_line_goes_through_its_points():
    d = Diagram(4, 2)
    d.line([(1, 0.5), (1, 1.5), (3, 1.5)], colour="#000000", stroke="dotted", width=3, shade=0.5)
    d.line([(0, 0), (4, 2)], behind=True)
    over, under = d.figure.axes[0].get_lines()
    assert over.get_xydata().tolist() == [[1, 0.5], [1, 1.5], [3, 1.5]]
    assert over.get_linestyle() == ":" and over.get_color() == (0.5, 0.5, 0.5)
    d.box(2, 1, "body")
    box = d.figure.axes[0].patches[0]
    assert under.get_zorder() < box.get_zorder() < over.get_zorder()
    with pytest.raises(UnknownName, match="wavy"):
        d.line([(0, 0), (1, 1)], stroke="wavy")


def test_a_whole_diagram_is_a_light_picture():
    d = Diagram(6, 2)
    body = d.box(3, 1, "encoder", kind="frozen")
    d.arrow(d.text(1, 1, "A film."), body, "reads")
    d.arrow(body, d.vector(5, 1, upright=True), dashed=True)
    d.legend(0.2, 0.2)
    assert 1_000 < len(png(d.figure)) < 60_000
