"""Slide decks, cut from the cells of executed notebooks.

**What goes on a slide** is said in the metadata of a cell, so that the notebook itself reads the
same with slides and without. ``slideshow.slide_type`` is Jupyter's own field (in JupyterLab: the
property inspector, "Slide type"):

* ``slide`` begins a slide to the right, ``subslide`` one below it;
* ``fragment`` goes on the slide before, and appears on the next key press; ``-`` is there at once;
* ``notes`` makes a Markdown cell the speaker's notes of the slide before;
* ``skip``, or no type at all, leaves a cell out. A deck shows what was chosen for it.

A slide is looked at from the last row, so it wants fewer words than the notebook. ``tl.slide``
holds them, as one text or a list of lines, in the Markdown of reveal.js::

    "slideshow": {"slide_type": "slide"},
    "tl": {"slide": [
        "## A first transfer",
        "",
        "Who is ahead, and **by how much**?",
        "{{output}}",
        "Note: Let them guess before you press the key.",
        "---",
        "## And on the hard ones?"
    ]}

* a line ``---`` begins a new slide below;
* ``Note:`` at the start of a line: from here on the speaker's notes of this slide;
* ``. . .`` alone on a line is a pause: what follows appears on the next key press;
* ``{{output}}`` is what the cell showed (``{{output 2}}`` its second output), ``{{code}}`` its
  source (``{{code 3-9}}`` some lines of it); the outputs stand at the end if nothing is said;
* ``{{claim start-town-16}}`` is the measured effect of a claim with its interval. So numbers are
  never typed into a slide: they come from the run that the deck was cut from.

Without ``tl.slide`` a text cell is shown whole, a code cell by its outputs, or its source when it
has none or is an exercise.

**What comes out** is one HTML file a deck, with everything in it: it opens from disk, with no
network. Keys: arrows or space to go on, ``S`` for the speaker's view (notes, next slide, clock),
``O`` for the overview, ``?`` for the rest. With ``?print-pdf`` behind the address it prints one
slide a page; ``?print-pdf&showNotes=separate-page`` adds a page with the notes after each.
"""

from __future__ import annotations

from tl_helpers.press.slides.cut import Deck, Slide, cut
from tl_helpers.press.slides.decks import choose, deck, write

__all__ = ["Deck", "Slide", "choose", "cut", "deck", "write"]
