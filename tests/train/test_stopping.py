"""Every loop over texts has a bar when it takes long, and says two lines when it is stopped."""

from __future__ import annotations

import numpy as np
import pytest

from tl_helpers import models
from tl_helpers.core.errors import Stopped
from tl_helpers.core.output import Working
from tl_helpers.questions import gap, polarity
from tl_helpers.train import adapt, domains, translation, word_vectors

TEXTS = ["a good soup"] * 6


def _embed():
    adapt.embed(*models.new("tiny"), TEXTS, batch_size=4)


def _answer():
    model, tokenizer = models.new("tiny")
    labels = ["good", "bad"] * 3
    adapted = adapt.fit(model, tokenizer, TEXTS, labels, steps=1, progress=False)
    adapted.predict(TEXTS, batch_size=4)


def _words():
    word_vectors.word_vectors(*models.new("tiny"), [["a", "soup"]] * 6, batch_size=4)


def _translate():
    translation.translate(translation.load(), ["I loved it ."] * 6, batch_size=4)


def _gap():
    gap.log_probabilities(*models.new("tiny", "clm"), TEXTS, batch_size=4)


def _probe():
    polarity.own_guesses(*models.new("tiny"), n=6, batch_size=4)


def _suspicion():
    polarity.suspicion(*models.new("tiny", "rtd"), n=6)


def _detection():
    polarity.detection(*models.new("tiny", "rtd"), n=6)


def _domains():
    rows, labels = np.arange(8.0)[:, None], ["a", "b"] * 4
    domains.compare(rows, labels, rows + 1, rows + 1, labels)


LOOPS = {
    "Stopped after 4 of 6 texts (embedding).": (_embed, _words),
    "Stopped after 4 of 6 texts (answering).": (_answer,),
    "Stopped after 4 of 6 texts (translating).": (_translate,),
    "Stopped after 4 of 6 texts (reading).": (_gap,),
    "Stopped after 4 of 6 questions (asking).": (_probe,),
    "Stopped after 1 of 6 questions (asking).": (_suspicion,),
    "Stopped after 1 of 6 texts (reading).": (_detection,),
    "Stopped after 1 of 6 methods (comparing).": (_domains,),
}


@pytest.mark.parametrize(
    ("loop", "says"), [(loop, says) for says, loops in LOOPS.items() for loop in loops]
)
def test_a_stop_in_the_middle_says_how_far_it_was(loop, says, monkeypatch):
    def stop(self, n=1):
        self.done += n
        raise KeyboardInterrupt

    monkeypatch.setattr(Working, "update", stop)
    with pytest.raises(Stopped) as stopped:
        loop()
    first, second = str(stopped.value).splitlines()
    assert first == says and second.startswith("  -> Nothing of it was kept")
