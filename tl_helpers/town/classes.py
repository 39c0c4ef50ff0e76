"""What the things of the town are: food, devices, weather ...; verbs go by it (see ``fits``)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from tl_helpers.town.things import DOMAINS, ITEM, PLACE_NOUN, THING, THINGS, TOPICS

# "" stands for a slot that goes with no noun.
CLASSES = (
    "",
    *(
        "drink soft flesh bake meal joke thrill scene craft sight cast creature room yard object "
        "outdoors care break part power sound screen device pipe text figure image dish building "
        "gear event team weather crop kin animal plant goods job ride venue person"
    ).split(),
)

# domain/topic: class of all nouns not listed; class: nouns ...
_NOUNS = """
restaurant/breakfast: flesh
    drink: coffee tea
    soft: porridge marmalade muesli yoghurt
    bake: toast pancake waffle crumpet pancakes waffles crumpets rolls bagels
    meal: dates breakfast brunch fry-up porridge-bowl
restaurant/seafood: flesh
    soft: soup chowder bisque
    bake: chips fishcakes
    meal: fish-platter fish-supper paella banquet
restaurant/curry: soft
    bake: naan samosa bhaji samosas poppadoms bhajis
    meal: rice squash mint biryani lentil lentils spices chillies thali set-menu banquet hotpot
    flesh: kebabs paneer
restaurant/bakery: bake
    meal: afternoon-tea
film/comedy: joke
    sight: clip slapstick outtakes
film/thriller: thrill
    cast: villain villains
film/drama: scene
    sight: cape costume costumes ball
    craft: score direction lighting acting performance performances
    cast: actors characters
film/nature: sight
    creature: seal bill cricket wildlife scales whales eagles penguins insects lions wolves gorillas
    craft: photography footage narration soundtrack editing close-up pictures
hotel/seaside: yard
    object: sunbed deckchair parasol sunbeds deckchairs parasols
    drink: punch cocktail cocktails
    outdoors: view promenade lagoon beach views beaches waves pier
    break: beach-holiday weekend-break honeymoon
hotel/mountain: object
    room: sauna cabin chalet cabins fireplace hearth
    outdoors: rock hike slope snowfield trail trails slopes peaks fires
    soft: fondue
    gear: skate toboggan logs matches snowshoes
    yard: lodge retreat ski-lift gondola
    break: ski-trip walking-holiday
hotel/city: object
    room: room lift lobby bathroom rooms stairs
    meal: minibar buffet
    break: stay city-break stopover conference
hotel/spa: care
    object: file bathrobe towel candle bathrobes slippers candles
    room: steam-room jacuzzi mud-bath hammam whirlpool saunas baths
    break: spa-day spa-weekend detox
gadget/kitchen: part
    power: timer thermostat motor element
    screen: scales settings
    pipe: seal filter nozzle jug
    image: instructions
    device: toaster kettle blender mixer juicer grill
gadget/audio: part
    sound: bass volume treble ring tuner
    power: battery bluetooth amplifier batteries amplifiers
    device: radio headset record-player stereo jukebox walkman
gadget/photo: part
    pipe: filters
    screen: lens port flash screen shutter zoom sensor viewfinder menu autofocus lenses menus icons
    image: pictures photographs colours
    power: charger
    device: camera printer scanner projector webcam drone
gadget/garden: part
    power: fuse engine ignition throttle
    pipe: hose sprinkler hoses
    device: lawnmower strimmer chainsaw leaf-blower wheelbarrow trimmer
book/crime: thrill
    figure: detective suspect inspector informant suspects detectives informants
    text: opening file case finale prologue chapters novel whodunit detective-story paperback
book/poetry: text
book/cookery: text
    image: photograph photographs
    dish: recipe recipes ingredient casserole marinade stew dessert-list
    dish: shopping-list ingredients soups desserts
    dish: stews sauces measurements
book/history: text
    image: map maps portraits timeline
news/building: building
    event: project renovation scheme plan
news/sport: event
    gear: ball racket scoreboard
    team: team goalkeeper captain fans players teams referees athletes cyclists swimmers rowers
    team: runners
news/culture: event
    team: choir orchestra dancers musicians singers
    building: museum gallery
    gear: costumes floats fireworks lanterns paintings
news/weather: weather
    crop: harvest orchard crops orchards vineyards fields
    outdoors: bank river valley tide meadow rivers meadows
letter/family: event
    kin: page baby children cousins twins grandchildren nephews nieces
    animal: puppy kitten
    goods: ring cake presents photographs candles family-tree
letter/garden: plant
    yard: garden lawn shed greenhouse pond vegetable-patch row allotment flower-bed orchard patio
    goods: pen perch compost fence beehive
    animal: bees hens
letter/work: job
    goods: pen bill desk desks timetable invoices reports
    yard: office workshop bank
    kin: colleagues customers
letter/travel: ride
    yard: cape port harbour hostel campsite villages mountains
    outdoors: sunset sunsets
    goods: tent suitcase guidebook passport postcards suitcases souvenirs
"""
_YARDS = set(
    "terrace garden beer-garden drive-in courtyard stall village-green park churchyard stadium "
    "arena quayside farm porch balcony window".split()
)  # of the places; the others are rooms


def _read_nouns() -> Iterator[tuple[str, str, str, str]]:
    """``(domain, topic, class, nouns)``; the class of all the others stands first."""
    for line in _NOUNS.strip().splitlines():
        name, _, rest = line.strip().partition(": ")
        if not line.startswith(" "):
            domain, topic = name.split("/")
            name = rest
            rest = " ".join((THING[domain][topic], THINGS[domain][topic], ITEM[domain][topic]))
        yield domain, topic, name, rest


@lru_cache(maxsize=1)
def noun_classes() -> list[tuple[str, int, int, str]]:
    """``(noun, domain, topic, class)`` for every thing, item and place of the town."""
    found: dict[tuple[str, int, int], str] = {}
    for domain, topic, name, nouns in _read_nouns():
        d, t = DOMAINS.index(domain), TOPICS[domain].index(topic)
        found |= {(noun, d, t): name for noun in nouns.split()}
    for d, domain in enumerate(DOMAINS):
        for noun in PLACE_NOUN[domain].split():
            for t in range(4):
                found.setdefault((noun, d, t), "yard" if noun in _YARDS else "room")
    return [(*key, name) for key, name in found.items()]
