"""What the town writes about: its domains, their topics, and the nouns of each.

Within a domain no word is both an ``ITEM`` and a ``THING``: a text has one derivation only.
"""

from __future__ import annotations

DOMAINS = ("restaurant", "film", "hotel", "gadget", "book", "news", "letter")

TOPICS: dict[str, tuple[str, ...]] = {
    "restaurant": ("breakfast", "seafood", "curry", "bakery"),
    "film": ("comedy", "thriller", "drama", "nature"),
    "hotel": ("seaside", "mountain", "city", "spa"),
    "gadget": ("kitchen", "audio", "photo", "garden"),
    "book": ("crime", "poetry", "cookery", "history"),
    "news": ("building", "sport", "culture", "weather"),
    "letter": ("family", "garden", "work", "travel"),
}

# --- things, by domain and topic -----------------------------------------------------------------
THING = {
    "restaurant": {
        "breakfast": "coffee tea porridge omelette toast bacon pancake marmalade sausage muesli "
        "waffle egg crumpet kipper yoghurt",
        "seafood": "trout bass skate perch salmon crab lobster cod soup chowder mackerel prawn "
        "oyster squid haddock bisque mussel sole",
        "curry": "curry squash mint rice naan dal lentil chutney korma samosa pickle masala "
        "paneer biryani raita vindaloo bhaji",
        "bakery": "bread cake tart scone pie pastry bun croissant loaf sponge meringue brownie "
        "strudel eclair shortbread",
    },
    "film": {
        "comedy": "joke clip tap spell dialogue script slapstick gag punchline anecdote banter "
        "cameo prank skit timing sketch repartee",
        "thriller": "plot fuse punch chase twist ending suspense villain ambush escape stunt "
        "heist mystery showdown alibi interrogation",
        "drama": "acting ball row cape story finale performance monologue score direction wedding "
        "reunion funeral confession friendship costume lighting",
        "nature": "photography seal bill cricket footage narration soundtrack editing landscape "
        "migration wildlife reef volcano glacier savannah close-up rainforest",
    },
    "hotel": {
        "seaside": "balcony punch view terrace pool beach sunbed deckchair promenade cocktail "
        "parasol lagoon pier veranda jetty",
        "mountain": "fireplace skate rock sauna ski-lift cabin hike duvet fondue chalet slope "
        "toboggan hearth snowfield trail gondola",
        "city": "room tap bed shower lift lobby minibar pillow mattress wardrobe bathroom carpet "
        "curtain kettle-tray buffet",
        "spa": "massage tattoo file steam-room facial bathrobe jacuzzi mud-bath aromatherapy "
        "manicure towel candle lotion pedicure hammam whirlpool",
    },
    "gadget": {
        "kitchen": "handle seal lid blade timer thermostat filter motor plug nozzle whisk element "
        "cord dial jug",
        "audio": "speaker bass clip ring battery headband volume microphone bluetooth earpiece "
        "aerial tuner treble amplifier cable woofer",
        "photo": "lens case port flash screen shutter zoom sensor tripod viewfinder menu strap "
        "memory-card autofocus casing charger",
        "garden": "trigger fuse hose sprinkler engine chain wheel switch throttle spring hinge "
        "pedal ignition gearbox",
    },
    "book": {
        "crime": "mystery case file racket detective clue opening murder solution suspect motive "
        "inspector alibi finale prologue informant red-herring",
        "poetry": "verse page rhythm rhyme sonnet imagery metaphor ballad stanza elegy ode haiku "
        "refrain cadence couplet",
        "cookery": "recipe index chapter layout ingredient photograph glossary casserole marinade "
        "introduction appendix dessert-list shopping-list stew",
        "history": "chapter research narrative map argument footnote preface bibliography "
        "translation anecdote timeline foreword evidence chronicle",
    },
    "news": {
        "building": "bridge mint road roof library school station tower square market fountain "
        "lighthouse playground harbour car-park",
        "sport": "ball racket cricket squash match race team tournament season final regatta "
        "marathon league relay goalkeeper championship captain scoreboard",
        "culture": "concert rock tattoo festival exhibition parade play choir museum opening "
        "carnival fair orchestra gallery fireworks-show pantomime",
        "weather": "harvest bank spell wind river winter frost rain valley snow breeze orchard "
        "tide sunshine meadow rainbow",
    },
    "letter": {
        "family": "wedding ring page birthday party christening visit dinner baby puppy "
        "anniversary picnic reunion kitten engagement cake",
        "garden": "garden row pen perch rose lawn apple-tree vegetable-patch shed greenhouse pond "
        "hedge tulip compost beehive tomato fence",
        "work": "job pen bank bill office interview project contract meeting promotion desk "
        "salary workshop timetable deadline apprenticeship pay-rise",
        "travel": "journey cape port train ferry campsite flight tent cruise harbour hostel "
        "voyage suitcase sunset guidebook passport",
    },
}
THINGS = {
    "restaurant": {
        "breakfast": "eggs dates pancakes sausages waffles crumpets omelettes rolls bagels "
        "mushrooms",
        "seafood": "prawns oysters mussels fishcakes chips scallops clams anchovies crabs",
        "curry": "samosas pickles spices lentils dumplings poppadoms kebabs chillies bhajis",
        "bakery": "cakes scones tarts buns pastries biscuits cupcakes doughnuts muffins",
    },
    "film": {
        "comedy": "jokes gags punchlines sketches puns pranks one-liners outtakes cameos",
        "thriller": "twists stunts chases clues villains explosions car-chases gunfights traps",
        "drama": "actors costumes scenes songs characters performances tears flashbacks speeches",
        "nature": "pictures scales whales eagles landscapes penguins insects lions wolves gorillas",
    },
    "hotel": {
        "seaside": "views cocktails sunbeds beaches terraces waves balconies parasols deckchairs",
        "mountain": "blankets matches trails slopes logs boots snowshoes fires peaks cabins",
        "city": "rooms fans beds pillows towels curtains windows carpets mirrors stairs",
        "spa": "massages candles bathrobes oils saunas slippers creams facials baths",
    },
    "gadget": {
        "kitchen": "buttons scales blades handles settings lids instructions attachments knobs "
        "screws",
        "audio": "speakers earbuds cables batteries headphones controls cushions sockets "
        "amplifiers",
        "photo": "pictures lenses filters menus photographs icons colours cartridges memory-cards",
        "garden": "wheels blades pedals hinges hoses cutters bearings springs gloves",
    },
    "book": {
        "crime": "chapters suspects clues twists detectives murders motives red-herrings "
        "informants",
        "poetry": "poems verses rhymes sonnets images ballads metaphors haikus stanzas",
        "cookery": "recipes photographs ingredients menus soups desserts stews sauces measurements",
        "history": "maps dates footnotes portraits sources essays letters anecdotes diaries "
        "archives",
    },
    "news": {
        "building": "roads bridges houses streetlights benches pavements towers traffic-lights "
        "pipes",
        "sport": "fans matches players teams referees athletes cyclists swimmers rowers runners",
        "culture": "concerts dancers musicians costumes floats fireworks paintings lanterns "
        "singers",
        "weather": "crops rivers orchards vineyards fields winds showers meadows clouds",
    },
    "letter": {
        "family": "children cousins twins presents photographs grandchildren candles nephews "
        "nieces",
        "garden": "roses beans tomatoes apples tulips bees hens strawberries daffodils",
        "work": "colleagues meetings hours plans customers invoices wages desks reports",
        "travel": "trains postcards mountains ferries sunsets suitcases buses villages souvenirs",
    },
}
THING_MODIFIER = {  # says which, not how good
    "restaurant": {
        "breakfast": "organic morning Scottish homemade farmhouse",
        "seafood": "local grilled smoked homemade salted",
        "curry": "spiced traditional homemade peppered vegetable",
        "bakery": "almond cherry homemade iced cinnamon",
    },
    "film": {
        "comedy": "opening final second main central",
        "thriller": "main central second secret",
        "drama": "wartime opening main Victorian central original",
        "nature": "northern original young distant remote wild southern",
    },
    "hotel": {
        "seaside": "private seaside evening tropical",
        "mountain": "alpine mountain spare local",
        "city": "upstairs bedroom main second",
        "spa": "afternoon Turkish second spare",
    },
    "gadget": {
        "kitchen": "electric steel removable plastic built-in",
        "audio": "left digital right built-in spare main",
        "photo": "front digital rear plastic portable main",
        "garden": "rear plastic electric rubber front inner main",
    },
    "book": {
        "crime": "central main second short Scottish",
        "poetry": "opening final second early modern",
        "cookery": "illustrated Italian vegetarian seasonal full-page second",
        "history": "revised medieval new Roman main",
    },
    "news": {
        "building": "new old northern town southern",
        "sport": "junior annual amateur new county old",
        "culture": "annual new open-air summer youth old county",
        "weather": "late early coastal northern",
    },
    "letter": {
        "family": "little family surprise eldest",
        "garden": "back old front young new",
        "work": "new first summer old",
        "travel": "overnight long coastal new foreign",
    },
}
ITEM = {  # what the whole document is about
    "restaurant": {
        "breakfast": "breakfast brunch fry-up porridge-bowl",
        "seafood": "fish-platter fish-supper paella banquet",
        "curry": "thali set-menu banquet hotpot",
        "bakery": "afternoon-tea birthday-cake sandwich quiche",
    },
    "film": {
        "comedy": "comedy farce sitcom parody",
        "thriller": "thriller whodunnit spy-film horror-film",
        "drama": "drama romance musical period-piece",
        "nature": "documentary travelogue wildlife-film short",
    },
    "hotel": {
        "seaside": "beach-holiday resort weekend-break honeymoon",
        "mountain": "ski-trip lodge walking-holiday retreat",
        "city": "stay city-break stopover conference",
        "spa": "spa-day spa-weekend treatment detox",
    },
    "gadget": {
        "kitchen": "toaster kettle blender mixer juicer grill",
        "audio": "radio headset record-player stereo jukebox walkman",
        "photo": "camera printer scanner projector webcam drone",
        "garden": "lawnmower strimmer chainsaw leaf-blower wheelbarrow trimmer",
    },
    "book": {
        "crime": "novel whodunit detective-story paperback",
        "poetry": "anthology collection paperback chapbook",
        "cookery": "cookbook handbook baking-guide manual",
        "history": "biography memoir history textbook",
    },
    "news": {
        "building": "project renovation scheme plan",
        "sport": "game contest cup derby",
        "culture": "event show premiere ceremony",
        "weather": "weather forecast summer autumn",
    },
    "letter": {
        "family": "celebration gathering feast family-tree",
        "garden": "allotment flower-bed orchard patio",
        "work": "career post traineeship business",
        "travel": "trip holiday expedition tour",
    },
}
PLACE_NOUN = {
    "restaurant": "dining-room terrace bar kitchen garden window fireplace counter beer-garden "
    "cellar",
    "film": "cinema auditorium foyer theatre screening-room balcony aisle box-office drive-in",
    "hotel": "reception garden lounge dining-room courtyard corridor conservatory staircase "
    "hallway",
    "gadget": "shop showroom warehouse workshop store help-desk counter factory repair-shop",
    "book": "bookshop library reading-room archive study stall attic cafe book-fair",
    "news": "town-hall village-green park churchyard stadium arena barn school-hall quayside",
    "letter": "cottage house kitchen farm flat porch parlour conservatory spare-room",
}
STAFF = {
    "restaurant": "waiter waitress chef barman owner sommelier hostess dishwasher",
    "film": "usher projectionist lead narrator heroine hero director cameraman",
    "hotel": "receptionist porter manager cleaner concierge chambermaid doorman masseuse",
    "gadget": "salesman engineer courier technician assistant cashier mechanic repairman",
    "book": "author editor illustrator translator bookseller publisher poet proofreader",
    "news": "mayor councillor organiser reporter spokeswoman coach conductor umpire",
    "letter": "neighbour landlord teacher doctor postman gardener boss vicar",
}
OBJECTS = {  # the past-tense verb of "we ... the item"
    "restaurant": "ordered tried chose shared booked",
    "film": "watched saw rented streamed rewatched",
    "hotel": "booked reserved chose arranged extended",
    "gadget": "bought ordered unpacked tested returned",
    "book": "read finished borrowed bought reread",
    "news": "discussed watched followed organised reported",
    "letter": "discussed planned remembered organised mentioned watered",
}
OCCASION = {
    "restaurant": "meal evening lunch dinner supper",
    "film": "film evening movie picture screening",
    "hotel": "stay weekend visit holiday night",
    "gadget": "purchase product machine tool present",
    "book": "read book work story companion",
    "news": "day event week occasion result",
    "letter": "week month year summer time",
}
