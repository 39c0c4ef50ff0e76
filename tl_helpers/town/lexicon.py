"""The words of the town, most frequent first (the Zipf dial ranks them in the order given).

Every list is split by what decides the choice: polarity, domain, topic or gender. The surfaces are
written as they appear in mid-sentence, so names carry their capital and nothing else does.
"""

from __future__ import annotations

from tl_helpers.town.names import (
    ADDRESSEES,
    FEMALE,
    KIN,
    LANDMARKS,
    MALE,
    OCCUPATIONS,
    ROADS,
    STREETS,
    SURNAMES,
    VENUE_FIRST,
    VENUE_SECOND,
    WRITERS,
)
from tl_helpers.town.opinions import (
    ADVERB,
    AGAIN,
    CHOOSE,
    EVAL_GENERAL,
    EVAL_MORE,
    EVAL_PERSON,
    EVAL_PLACE,
    EVAL_PLACE_2,
    EVAL_THING,
    FEELING,
    FEELING_2,
    LOVE,
    LOVED,
    MOOD,
    MOVED,
    NEWS_DID,
    QUALITY,
    STARS,
    TREATED,
    WORKED,
)
from tl_helpers.town.things import (
    DOMAINS,
    ITEM,
    OBJECTS,
    OCCASION,
    PLACE_NOUN,
    STAFF,
    THING,
    THING_MODIFIER,
    THINGS,
    TOPICS,
)

# --- small words that vary freely ----------------------------------------------------------------
DAYS = "Monday Saturday Friday Sunday Thursday Tuesday Wednesday"
MONTHS = "May June September January October April July March December November August February"
NUMBERS = "two three four five six ten twelve seven twenty eight nine fifteen thirty forty fifty"
FEW = "two three four five six"  # of something that comes with a gadget
ORDINALS = "first second third fourth fifth sixth tenth"
INTENSIFIERS = "really truly quite simply absolutely genuinely thoroughly positively"
INTENSIFIERS_2 = "very so really quite extremely rather truly"
SIZES = "small large modern old tall narrow red-brick timber-framed whitewashed ivy-clad"
AGES = "young old tall penniless nameless foreign bearded left-handed"
COMPANY = "friends family colleagues neighbours relatives classmates cousins students grandchildren"
DESCRIPTIVE = (
    "small large round grey wooden red old narrow tall blue brown square modern green white long "
    "plain black striped yellow tiny marble brass folding painted"
)
FURNITURE = (
    "table chair lamp clock mirror painting door bench shelf sofa piano cupboard stool vase rug "
    "bookcase armchair chandelier"
)

# --- verbs and nouns that belong to a domain -----------------------------------------------------
GOT = {  # we ... the venue (a restaurant, a film, a gadget, a book)
    "restaurant": "visited tried found discovered chose",
    "film": "watched saw rented streamed recorded",
    "hotel": "booked visited chose found reserved",
    "gadget": "bought ordered tested unpacked borrowed",
    "book": "read bought finished borrowed opened",
    "news": "visited joined supported founded rejoined",
    "letter": "visited joined rejoined supported found",
}
USE = {  # I will ... it
    "restaurant": "visit choose book try",
    "film": "watch see rent stream",
    "hotel": "book choose visit reserve",
    "gadget": "buy use order borrow",
    "book": "read buy borrow open",
    "news": "support attend forget miss",
    "letter": "repeat forget mention do",
}
MADE = {  # the thing was ...
    "restaurant": "prepared cooked served seasoned presented brewed poured",
    "film": "made filmed edited directed staged written observed cast",
    "hotel": "kept arranged prepared designed planned maintained served mixed",
    "gadget": "made built designed assembled packed chosen",
    "book": "written researched edited told printed drawn chosen",
    "news": "organised managed run planned trained coached built restored made displayed forecast "
    "predicted tended led",
    "letter": "planned arranged organised handled done tended raised chosen wrapped kept",
}
BEGAN = "opened began arrived ended reopened ripened flooded thawed trained vanished"
KIND = {  # what the venue is
    "restaurant": "restaurant cafe bistro pub diner tavern tearoom canteen brasserie",
    "film": "film movie picture feature",
    "hotel": "hotel inn guesthouse hostel motel",
    "gadget": "gadget device appliance machine",
    "book": "book novel story volume",
    "news": "group charity organisation association",
    "letter": "group charity organisation association",
}
CROWD = "visitors residents neighbours families villagers shoppers pensioners onlookers commuters"
FOLK = "residents families shoppers pensioners"  # who belong to a street, or are "local"
HERO = (  # whom stories are about
    "fisherman widow pianist spy schoolgirl sailor king detective orphan queen astronaut inventor "
    "shepherd gambler pilot thief clown blacksmith umbrella-maker explorer opera-singer smuggler "
    "lighthouse-keeper beekeeper archaeologist princess wizard gravedigger acrobat postmistress"
)
HERO_2 = (  # whom the hero meets
    "stranger magician soldier librarian ghost baron goatherd countess butler cartographer "
    "glassblower violinist monk bishop tailor falconer puppeteer candlemaker duchess hermit"
)
DESCRIPTIVE_2 = (
    "light silver portable compact grey-green waterproof foldable cordless slim square-edged"
)

__all__ = [
    "ADDRESSEES",
    "ADVERB",
    "AGAIN",
    "AGES",
    "BEGAN",
    "CHOOSE",
    "COMPANY",
    "CROWD",
    "DAYS",
    "DESCRIPTIVE",
    "DESCRIPTIVE_2",
    "DOMAINS",
    "EVAL_GENERAL",
    "EVAL_MORE",
    "EVAL_PERSON",
    "EVAL_PLACE",
    "EVAL_PLACE_2",
    "EVAL_THING",
    "FEELING",
    "FEELING_2",
    "FEMALE",
    "FEW",
    "FOLK",
    "FURNITURE",
    "GOT",
    "HERO",
    "HERO_2",
    "INTENSIFIERS",
    "INTENSIFIERS_2",
    "ITEM",
    "KIN",
    "KIND",
    "LANDMARKS",
    "LOVE",
    "LOVED",
    "MADE",
    "MALE",
    "MONTHS",
    "MOOD",
    "MOVED",
    "NEWS_DID",
    "NUMBERS",
    "OBJECTS",
    "OCCASION",
    "OCCUPATIONS",
    "ORDINALS",
    "PLACE_NOUN",
    "QUALITY",
    "ROADS",
    "SIZES",
    "STAFF",
    "STARS",
    "STREETS",
    "SURNAMES",
    "THING",
    "THINGS",
    "THING_MODIFIER",
    "TOPICS",
    "TREATED",
    "USE",
    "VENUE_FIRST",
    "VENUE_SECOND",
    "WORKED",
    "WRITERS",
]
