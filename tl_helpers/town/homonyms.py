"""Words of the town that are spelled alike and mean different things, and which meaning is meant.

Each of them is a homonym in the strict sense: the meanings have nothing to do with each other, and
dictionaries give each a headword of its own. A meaning belongs to one topic, so that what a word
means is known wherever it stands. All meanings of a word are drawn from one category and fill the
same places in sentences built alike: it takes the other words to tell which is meant.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tl_helpers.town.things import DOMAINS, TOPICS

if TYPE_CHECKING:
    from tl_helpers.town.corpus import Corpus


class Sense(NamedTuple):
    """One meaning of a homonym, and where the town uses the word in it."""

    gloss: str
    where: tuple[tuple[str, str], ...]  # (domain, topic)


class Homonyms(NamedTuple):
    """The homonyms of a corpus, in the order of its tokens; all arrays ``[n]``."""

    position: np.ndarray  # index into ``Corpus.words()``
    word: np.ndarray  # key of ``HOMONYMS``
    sense: np.ndarray  # key of ``HOMONYMS[word]``
    label: np.ndarray  # the same as a number: which of the word's senses, from 0


# word, and under it: name of the sense (domain/topic, ...): gloss
_TABLE = """
ball
    dance (film/drama): a party where people dance
    sphere (news/sport): what players throw or kick
bank
    shore (news/weather): the side of a river
    money (letter/work): where money is kept
bass
    fish (restaurant/seafood): a sea fish
    sound (gadget/audio): the low tones
bill
    beak (film/nature): the beak of a bird
    payment (letter/work): what has to be paid
cape
    cloak (film/drama): a cloak without sleeves
    headland (letter/travel): land that juts into the sea
case
    crime (book/crime): what the police look into
    box (gadget/photo): what a camera is carried in
clip
    extract (film/comedy): a short piece of film
    fastener (gadget/audio): what holds a cable in place
cricket
    insect (film/nature): an insect that chirps
    game (news/sport): a game with bat and wickets
dates
    fruit (restaurant/breakfast): the fruit of a palm
    days (book/history): when things happened
fans
    machines (hotel/city): what stirs the air
    people (news/sport): who cheers a team
file
    tool (hotel/spa): a tool that smooths nails
    papers (book/crime): the papers on a matter
fuse
    bomb (film/thriller): the cord that sets off a bomb
    electric (gadget/garden): a wire that guards a circuit
matches
    fire (hotel/mountain): sticks that light a fire
    games (news/sport): games between teams
mint
    herb (restaurant/curry): a fragrant herb
    coins (news/building): where coins are made
page
    paper (book/poetry): one side of a leaf of paper
    boy (letter/family): a boy who attends a bride
pen
    writing (letter/work): what one writes with
    fold (letter/garden): an enclosure for hens
perch
    fish (restaurant/seafood): a freshwater fish
    roost (letter/garden): a bar for birds to sit on
port
    socket (gadget/photo): where a cable is plugged in
    harbour (letter/travel): where ships call
punch
    blow (film/thriller): a blow with the fist
    drink (hotel/seaside): a drink of juice and spices
racket
    fraud (book/crime): a criminal business
    bat (news/sport): what tennis is played with
ring
    jewel (letter/family): a band for the finger
    call (gadget/audio): the sound of a bell
rock
    stone (hotel/mountain): a large stone
    music (news/culture): loud music with guitars
row
    quarrel (film/drama): a noisy quarrel
    line (letter/garden): plants that stand in a line
scales
    weighing (gadget/kitchen): what weighs the flour
    skin (film/nature): the plates on the skin of a fish
seal
    animal (film/nature): a sea animal with flippers
    closure (gadget/kitchen): what keeps a lid tight
skate
    fish (restaurant/seafood): a flat sea fish
    boot (hotel/mountain): a boot with a blade, for ice
spell
    magic (film/comedy): words that work magic
    time (news/weather): a stretch of weather
squash
    vegetable (restaurant/curry): a kind of pumpkin
    game (news/sport): a game played against a wall
tap
    dance (film/comedy): a dance with clicking shoes
    water (hotel/city): what water comes from
tattoo
    skin (hotel/spa): a picture on the skin
    parade (news/culture): a military show with drums
"""


def _read(table: str) -> dict[str, dict[str, Sense]]:
    words: dict[str, dict[str, Sense]] = {}
    for line in table.strip().splitlines():
        if not line.startswith(" "):
            senses = words[line] = {}
            continue
        head, _, gloss = line.strip().partition("): ")
        name, _, places = head.partition(" (")
        pairs = (place.split("/") for place in places.split(", "))
        senses[name] = Sense(gloss, tuple((domain, topic) for domain, topic in pairs))
    return words


HOMONYMS: dict[str, dict[str, Sense]] = _read(_TABLE)


@lru_cache(maxsize=1)
def sense_table() -> np.ndarray:
    """``[words, domains, 4]`` which sense a homonym has in a topic; -1: it does not occur there."""
    out = np.full((len(HOMONYMS), len(DOMAINS), 4), -1, np.int64)
    for i, senses in enumerate(HOMONYMS.values()):
        for label, sense in enumerate(senses.values()):
            for domain, topic in sense.where:
                out[i, DOMAINS.index(domain), TOPICS[domain].index(topic)] = label
    out.setflags(write=False)
    return out


def find_homonyms(corpus: Corpus) -> Homonyms:
    """See ``Corpus.homonyms``."""
    d, surfaces = corpus.draws, corpus.engine.surface_id
    which = np.full(len(surfaces), -1)
    which[[surfaces[word] for word in HOMONYMS]] = np.arange(len(HOMONYMS))
    position = np.flatnonzero(which[d.token] >= 0)
    word = which[d.token[position]]
    doc = d.doc[d.sentence[position]]
    label = sense_table()[word, d.domain[doc], d.topic[doc]]
    first = np.cumsum([0, *(len(senses) for senses in HOMONYMS.values())])
    names = np.array([name for senses in HOMONYMS.values() for name in senses])
    return Homonyms(position, np.array([*HOMONYMS])[word], names[first[word] + label], label)
