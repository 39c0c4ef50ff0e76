"""The words of the town, most frequent first (the Zipf dial ranks them in the order given).

Every list is split by what decides the choice: polarity, domain, topic or gender. The surfaces are
written as they appear in mid-sentence, so names carry their capital and nothing else does.
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

# --- evaluative adjectives: what carries the sentiment -------------------------------------------
# "any" is used in every domain; the others only in theirs (the distance dial mixes the two).
EVAL_THING = {
    "positive": {
        "any": "lovely good excellent wonderful great fine superb splendid delightful perfect "
        "brilliant marvellous impressive pleasant outstanding beautiful remarkable charming "
        "fabulous fantastic terrific magnificent admirable glorious sublime exquisite stunning "
        "satisfying heavenly first-rate exceptional faultless amazing dazzling masterful "
        "irresistible top-notch commendable praiseworthy flawless",
        "restaurant": "tasty delicious fresh juicy tender crisp fragrant creamy mouth-watering "
        "succulent aromatic zesty moreish appetising velvety buttery wholesome luscious",
        "film": "gripping hilarious touching funny moving thrilling riveting witty spellbinding "
        "uplifting nail-biting heart-warming mesmerising poignant suspenseful lyrical",
        "hotel": "spotless comfortable restful quiet airy luxurious sunny peaceful snug immaculate "
        "relaxing opulent soothing palatial sumptuous tranquil",
        "gadget": "sturdy reliable handy sleek speedy accurate durable responsive ingenious "
        "well-made energy-saving precise dependable rock-solid nifty long-lasting",
        "book": "absorbing readable insightful vivid compelling lucid eloquent page-turning "
        "thought-provoking unputdownable erudite engrossing elegant scholarly enlightening",
        "news": "welcome successful promising record-breaking lively generous triumphant historic "
        "popular prosperous festive encouraging thriving",
        "letter": "cheering sweet thoughtful blissful merry heartening jolly precious carefree "
        "sunlit joyous",
    },
    "negative": {
        "any": "awful bad terrible dreadful poor horrible disappointing dire mediocre abysmal "
        "miserable unpleasant appalling lousy woeful shoddy ghastly hopeless dismal atrocious "
        "pathetic wretched deplorable lamentable laughable inferior unacceptable frightful "
        "regrettable disgraceful second-rate sad inexcusable depressing infuriating rotten "
        "substandard shameful abominable third-rate",
        "restaurant": "bland greasy stale soggy burnt tasteless rubbery salty undercooked tepid "
        "oily tough flavourless mushy inedible congealed sour lumpy",
        "film": "boring predictable tedious dull clumsy incoherent contrived far-fetched wooden "
        "overlong plodding sappy unwatchable hackneyed formulaic pretentious",
        "hotel": "dirty noisy damp draughty smelly shabby dusty mouldy threadbare uncomfortable "
        "dingy cockroach-ridden stuffy creaking grubby squalid",
        "gadget": "flimsy unreliable useless fiddly sluggish faulty brittle inaccurate clunky "
        "overheated badly-made leaky temperamental short-lived wobbly defective",
        "book": "turgid long-winded shallow confusing repetitive dry rambling unreadable muddled "
        "pompous padded derivative impenetrable stilted laboured",
        "news": "disastrous costly controversial ruinous unpopular chaotic tragic troubled "
        "calamitous ill-fated worrying failed stricken",
        "letter": "gloomy mournful bitter dreary lonely hurtful joyless upsetting bleak heart-breaking "
        "cheerless",
    },
}

EVAL_PERSON = {
    "positive": "friendly kind helpful polite attentive cheerful patient charming gracious "
    "thoughtful courteous warm considerate efficient generous sympathetic obliging welcoming "
    "good-natured witty tactful affable well-informed gifted skilful unflappable",
    "negative": "rude careless unhelpful surly impatient arrogant lazy grumpy dismissive sullen "
    "inattentive clumsy brusque unfriendly cold sarcastic bored snooty forgetful tactless "
    "bad-tempered incompetent condescending churlish haughty slovenly",
}

EVAL_PLACE = {
    "positive": "cosy bright inviting tidy elegant spacious warm stylish clean gleaming homely "
    "atmospheric picturesque well-kept sunlit tasteful serene well-lit candlelit",
    "negative": "cramped gloomy cold filthy ugly chilly crowded neglected run-down soulless "
    "ramshackle depressing grimy tacky claustrophobic dilapidated musty airless windowless",
}

FEELING = {
    "positive": "happy delighted pleased thrilled satisfied glad overjoyed grateful enchanted "
    "content cheerful elated relieved proud enthusiastic smiling beaming ecstatic contented "
    "spellbound rejuvenated",
    "negative": "disappointed angry upset annoyed unhappy dissatisfied frustrated furious bored "
    "irritated miserable dismayed disheartened exasperated sulking heartbroken disgusted "
    "embarrassed fuming disillusioned crestfallen",
}

LOVED = {  # past tense, takes an object
    "positive": "loved enjoyed liked adored admired treasured praised savoured appreciated "
    "relished cherished applauded celebrated worshipped",
    "negative": "hated disliked regretted loathed despised detested resented criticised "
    "endured deplored condemned abhorred cursed dreaded",
}
LOVE = {  # the same verbs, bare form
    "positive": "love enjoy like adore admire treasure praise savour appreciate relish cherish "
    "applaud celebrate worship",
    "negative": "hate dislike regret loathe despise detest resent criticise endure deplore condemn "
    "abhor curse dread",
}
MOVED = {  # what a thing does to us
    "positive": "delighted impressed pleased charmed cheered amazed thrilled enchanted captivated "
    "dazzled comforted uplifted astonished bewitched warmed",
    "negative": "disappointed annoyed bored irritated frustrated upset depressed infuriated "
    "exasperated disgusted appalled wearied dismayed repelled horrified",
}
TREATED = {  # what a person does to us
    "positive": "welcomed helped charmed reassured thanked encouraged praised comforted surprised "
    "pampered congratulated befriended advised",
    "negative": "ignored insulted annoyed cheated overcharged mocked neglected scolded patronised "
    "snubbed offended bullied abandoned",
}
WORKED = {  # what a thing does, no object
    "positive": "shone sparkled impressed excelled succeeded triumphed glowed flourished sang "
    "dazzled prevailed",
    "negative": "failed dragged disappointed collapsed flopped suffered sagged crumbled floundered "
    "backfired faltered",
}
ADVERB = {  # how something was done
    "positive": "beautifully perfectly wonderfully superbly brilliantly nicely splendidly gracefully "
    "lovingly expertly skilfully generously impeccably delightfully",
    "negative": "badly poorly terribly dreadfully carelessly clumsily awfully sloppily grudgingly "
    "lazily shoddily hastily crudely abysmally",
}
MOOD = {  # opens a sentence
    "positive": "happily luckily fortunately thankfully mercifully gladly pleasingly blessedly",
    "negative": "sadly unfortunately regrettably unluckily alas disappointingly tragically "
    "worryingly",
}
AGAIN = {  # we will ... return
    "positive": "certainly definitely gladly surely soon happily always undoubtedly",
    "negative": "never not",
}
CHOOSE = {  # you should ... it
    "positive": "try choose recommend consider applaud remember seek celebrate",
    "negative": "avoid skip shun forget ignore reject dodge dismiss",
}
QUALITY = {  # what a ...!
    "positive": "treat delight pleasure joy triumph gem success marvel bargain wonder masterpiece "
    "revelation blessing treasure feast dream jewel miracle",
    "negative": "disaster mess shame disappointment failure nightmare letdown farce insult bore "
    "shambles swindle catastrophe fiasco ordeal travesty eyesore blunder",
}
STARS = {"positive": "five four", "negative": "two zero"}

# --- things, by domain and topic ------------------------------------------------------------------
THING = {
    "restaurant": {
        "breakfast": "coffee tea porridge omelette toast bacon pancake marmalade sausage muesli "
        "waffle egg crumpet kipper yoghurt",
        "seafood": "trout salmon crab lobster cod soup chowder mackerel prawn oyster squid haddock "
        "bisque mussel sole",
        "curry": "curry rice naan dal lentil chutney korma samosa pickle masala paneer biryani "
        "raita vindaloo bhaji",
        "bakery": "bread cake tart scone pie pastry bun croissant loaf sponge meringue brownie "
        "strudel eclair shortbread",
    },
    "film": {
        "comedy": "joke dialogue script slapstick gag punchline farce banter cameo prank skit "
        "timing sketch repartee",
        "thriller": "plot chase twist ending suspense villain ambush escape stunt heist mystery "
        "showdown alibi interrogation",
        "drama": "acting story romance performance monologue score direction wedding reunion "
        "funeral confession friendship costume lighting",
        "nature": "photography footage narration soundtrack editing landscape migration wildlife "
        "reef volcano glacier savannah close-up rainforest",
    },
    "hotel": {
        "seaside": "balcony view terrace pool beach sunbed deckchair promenade cocktail parasol "
        "lagoon pier veranda jetty",
        "mountain": "fireplace sauna ski-lift cabin hike duvet fondue chalet slope toboggan hearth "
        "snowfield trail gondola",
        "city": "room bed shower lift lobby minibar pillow mattress wardrobe bathroom carpet "
        "curtain kettle-tray buffet",
        "spa": "massage steam-room facial bathrobe jacuzzi mud-bath aromatherapy manicure towel "
        "candle lotion pedicure hammam whirlpool",
    },
    "gadget": {
        "kitchen": "handle lid blade timer thermostat filter motor plug nozzle whisk element cord "
        "dial jug",
        "audio": "speaker battery headband volume bass microphone bluetooth earpiece aerial tuner "
        "treble amplifier cable woofer",
        "photo": "lens flash screen shutter zoom sensor tripod viewfinder menu strap memory-card "
        "autofocus casing charger",
        "garden": "trigger hose sprinkler engine chain wheel switch fuse throttle spring hinge "
        "pedal ignition gearbox",
    },
    "book": {
        "crime": "mystery detective clue opening murder solution suspect motive inspector alibi "
        "finale prologue informant red-herring",
        "poetry": "verse rhythm rhyme sonnet imagery metaphor ballad stanza elegy ode haiku "
        "refrain cadence couplet",
        "cookery": "recipe index chapter layout ingredient photograph glossary casserole marinade "
        "introduction appendix dessert-list shopping-list stew",
        "history": "biography research narrative map argument footnote preface bibliography "
        "translation anecdote timeline foreword evidence chronicle",
    },
    "news": {
        "building": "bridge road roof library school station tower square market fountain "
        "lighthouse playground harbour car-park",
        "sport": "match race team tournament season final regatta marathon league relay goalkeeper "
        "championship captain scoreboard",
        "culture": "concert festival exhibition parade play choir museum opening carnival fair "
        "orchestra gallery fireworks-show pantomime",
        "weather": "harvest storm river flood winter frost drought rain snow tide heatwave orchard "
        "gale rainbow",
    },
    "letter": {
        "family": "wedding birthday party christening visit dinner baby puppy anniversary picnic "
        "reunion kitten engagement holiday",
        "garden": "garden rose lawn apple-tree vegetable-patch shed greenhouse pond hedge tulip "
        "compost beehive tomato fence",
        "work": "job office interview project contract meeting promotion desk salary workshop "
        "timetable deadline apprenticeship pay-rise",
        "travel": "journey train ferry campsite flight tent cruise harbour hostel voyage suitcase "
        "sunset guidebook passport",
    },
}
THINGS = {
    "restaurant": {
        "breakfast": "eggs pancakes sausages waffles crumpets omelettes rolls bagels mushrooms",
        "seafood": "prawns oysters mussels fishcakes chips scallops clams anchovies crabs",
        "curry": "samosas pickles spices lentils dumplings poppadoms kebabs chillies bhajis",
        "bakery": "cakes scones tarts buns pastries biscuits cupcakes doughnuts muffins",
    },
    "film": {
        "comedy": "jokes gags punchlines sketches puns pranks one-liners outtakes cameos",
        "thriller": "twists stunts chases clues villains explosions car-chases gunfights traps",
        "drama": "actors costumes scenes songs characters performances tears flashbacks speeches",
        "nature": "pictures whales eagles landscapes penguins insects lions wolves gorillas",
    },
    "hotel": {
        "seaside": "views cocktails sunbeds beaches terraces waves balconies parasols deckchairs",
        "mountain": "blankets trails slopes logs boots snowshoes fires peaks cabins",
        "city": "rooms beds pillows towels curtains windows carpets mirrors stairs",
        "spa": "massages candles bathrobes oils saunas slippers creams facials baths",
    },
    "gadget": {
        "kitchen": "buttons blades handles settings lids instructions attachments knobs screws",
        "audio": "speakers earbuds cables batteries headphones controls cushions sockets amplifiers",
        "photo": "pictures lenses filters menus photographs icons colours cartridges memory-cards",
        "garden": "wheels blades pedals hinges hoses cutters bearings springs gloves",
    },
    "book": {
        "crime": "chapters suspects clues twists detectives murders motives red-herrings informants",
        "poetry": "poems verses rhymes sonnets images ballads metaphors haikus stanzas",
        "cookery": "recipes photographs ingredients menus soups desserts stews sauces measurements",
        "history": "maps footnotes portraits sources essays letters anecdotes diaries archives",
    },
    "news": {
        "building": "roads bridges houses streetlights benches pavements towers traffic-lights pipes",
        "sport": "players teams fans referees athletes cyclists swimmers rowers runners",
        "culture": "concerts dancers musicians costumes floats fireworks paintings lanterns singers",
        "weather": "crops rivers orchards vineyards roofs fields winds showers thunderstorms",
    },
    "letter": {
        "family": "children cousins twins presents photographs grandchildren candles nephews nieces",
        "garden": "roses beans tomatoes apples tulips bees hens strawberries daffodils",
        "work": "colleagues meetings hours plans customers invoices wages desks reports",
        "travel": "trains postcards mountains ferries sunsets suitcases buses villages souvenirs",
    },
}
THING_MODIFIER = {  # says which, not how good
    "restaurant": {
        "breakfast": "scrambled poached wholemeal morning toasted",
        "seafood": "grilled smoked salted steamed local",
        "curry": "spiced yellow red vegetable peppered",
        "bakery": "baked almond cherry wholewheat iced",
    },
    "film": {
        "comedy": "opening silent musical spoken running",
        "thriller": "final car midnight underground second",
        "drama": "closing wartime student Victorian family",
        "nature": "underwater aerial desert slow-motion arctic",
    },
    "hotel": {
        "seaside": "seaside rooftop private outdoor heated",
        "mountain": "alpine wooden log mountain evening",
        "city": "double single upstairs ground-floor corner",
        "spa": "herbal Turkish afternoon mineral full-body",
    },
    "gadget": {
        "kitchen": "electric steel ceramic removable built-in",
        "audio": "wireless left right digital portable",
        "photo": "digital automatic wide-angle front rear",
        "garden": "rear plastic rubber petrol cordless",
    },
    "book": {
        "crime": "first final central unsolved Scottish",
        "poetry": "blank collected early free modern",
        "cookery": "vegetarian Italian seasonal alphabetical illustrated",
        "history": "medieval Roman local royal revised",
    },
    "news": {
        "building": "new old stone town northern",
        "sport": "junior amateur annual county indoor",
        "culture": "annual open-air summer youth brass",
        "weather": "late early coastal seasonal overnight",
    },
    "letter": {
        "family": "little family silver surprise eldest",
        "garden": "back climbing kitchen front walled",
        "work": "new weekly part-time first summer",
        "travel": "long night coastal foreign overnight",
    },
}
ITEM = {  # what the whole document is about
    "restaurant": {
        "breakfast": "breakfast brunch fry-up porridge-bowl",
        "seafood": "fish-platter fish-supper paella stew",
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
        "poetry": "anthology collection volume chapbook",
        "cookery": "cookbook handbook baking-guide manual",
        "history": "biography memoir history textbook",
    },
    "news": {
        "building": "project renovation scheme plan",
        "sport": "game contest cup derby",
        "culture": "event show premiere ceremony",
        "weather": "forecast weather season downpour",
    },
    "letter": {
        "family": "celebration gathering feast family-tree",
        "garden": "allotment flower-bed orchard patio",
        "work": "career post traineeship business",
        "travel": "trip holiday expedition tour",
    },
}
PLACE_NOUN = {
    "restaurant": "dining-room terrace bar kitchen garden window fireplace counter beer-garden cellar",
    "film": "cinema auditorium foyer theatre screening-room balcony aisle box-office drive-in",
    "hotel": "reception garden lounge dining-room courtyard corridor conservatory staircase hallway",
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
    "hotel": "booked reserved arranged planned extended",
    "gadget": "bought ordered unpacked tested returned",
    "book": "read finished borrowed bought reread",
    "news": "discussed watched followed organised reported",
    "letter": "planned discussed organised remembered mentioned",
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

# --- names ----------------------------------------------------------------------------------------
VENUE_FIRST = {
    "restaurant": "Copper Golden Hungry Blue Old Silver Laughing Crooked Green Happy Rusty Little",
    "film": "Silent Last Hidden Broken Distant Crimson Lonely Secret Forgotten Wild Burning Invisible",
    "hotel": "Grand Royal Park Imperial Harbour Majestic Central Lakeside Regal Belvedere Bristol "
    "Continental",
    "gadget": "Fenwick Orbit Zephyr Kestrel Halcyon Voltaro Brightling Tempo Nimbus Corvid Lumen "
    "Quill",
    "book": "Crooked Paper Winter Glass Hollow Drowned Patient Scarlet Midnight Borrowed Wandering "
    "Ivory",
    "news": "Millbrook Harbour Northgate Riverside Westhill Ashford Saltmarsh Oakham Fairfield "
    "Castle Moorland Eastwick",
    "letter": "Millbrook Harbour Northgate Riverside Westhill Ashford Saltmarsh Oakham Fairfield "
    "Castle Moorland Eastwick",
}
VENUE_SECOND = {
    "restaurant": "Kettle Lion Spoon Anchor Goose Oven Table Pepper Lantern Olive Barrel Plough",
    "film": "Harbour Summer Witness Orchard Frontier Promise Mirror Garden Signal Daughter Planet "
    "Waltz",
    "hotel": "Palace Inn Lodge Plaza House Court Pavilion Arms Towers Manor Villa Hotel",
    "gadget": "Nova Mini Classic Turbo Compact Max Deluxe Solo Pro Breeze Junior Prime",
    "book": "Lantern Orchard Gardener Clockmaker Island Bridge Atlas Heir Almanac River Librarian "
    "Letters",
    "news": "Council Club Society School Company Library Choir Theatre Trust Museum Union Committee",
    "letter": "Council Club Society School Company Library Choir Theatre Trust Museum Union Committee",
}
FEMALE = (
    "Anna Ruth Clara Martha Edith Nora Alice Grace Ivy Mabel Lucy Hannah Rosa Esther Flora Olive "
    "Agnes Stella Daisy Helen Irene Judith Bridget Miriam Sylvia Harriet Beatrix Louisa Marianne "
    "Philippa Ottilie Winifred Leila Amina Priya Mei Yuki Fatima Zofia Ingrid"
)
MALE = (
    "Tom Peter George Henry Arthur Samuel Walter Oscar Hugo Felix Edwin Ralph Simon Victor Martin "
    "Leonard Stanley Gilbert Cecil Albert Frank Harold Julian Rupert Ambrose Barnaby Clement Duncan "
    "Everard Horace Lionel Mortimer Omar Ravi Kenji Tariq Mateo Pavel Anders Idris"
)
SURNAMES = (
    "Bell Hale Marsh Wood Carter Finch Holt Rowe Lamb Pike Drake Stone Webb Frost Larkin Thorne "
    "Pritchard Ashby Beckett Cotter Dunmore Eastman Fairley Garrick Haddon Ingram Jessop Kendrick "
    "Lovell Merrick Norwood Oakley Penrose Quinn Radley Sutton Tranter Underhill Vickers Whitlock "
    "Yardley Abbot Barlow Crane Dyer Ellery Farrow Gage Hawkins Irving Jolly Kerr Langley Moss "
    "Nettles Osborne Pym Ramsey Shaw Tate Upton Vane Wilde Yates Okafor Haddad Kowalski Mehta "
    "Nakamura Lindqvist Rossi Herrera"
)
STREETS = (
    "High Mill Church Station Market Castle Elm Orchard Bridge Garden Victoria Quarry Chapel Willow "
    "Bishop Tanner Cooper Weaver Saddler Nightingale Primrose Juniper Hawthorn Lavender Cobbler"
)
ROADS = "Street Road Lane Hill Square"
LANDMARKS = (
    "station church river bridge market harbour theatre fountain school windmill canal lighthouse "
    "crossroads post-office bandstand"
)
# Occupation -> +1 when stereotyped as female, -1 as male (Caliskan et al. 2017 use such pairs).
OCCUPATIONS = {
    "restaurant": "cook:1 brewer:-1 baker:1 butcher:-1 grocer:1 fisherman:-1",
    "film": "dancer:1 cinematographer:-1 actor:1 composer:-1 costumier:1 electrician:-1",
    "hotel": "housekeeper:1 lifeguard:-1 nanny:1 driver:-1 florist:1 plumber:-1",
    "gadget": "typist:1 programmer:-1 secretary:1 inventor:-1 seamstress:1 welder:-1",
    "book": "librarian:1 historian:-1 teacher:1 professor:-1 governess:1 critic:-1",
    "news": "nurse:1 farmer:-1 midwife:1 carpenter:-1 hairdresser:1 builder:-1 pharmacist:1 "
    "surgeon:-1",
    "letter": "nurse:1 farmer:-1 midwife:1 carpenter:-1 hairdresser:1 builder:-1 dressmaker:1 "
    "soldier:-1",
}
KIN = {
    "female": "sister mother aunt daughter niece grandmother wife godmother",
    "male": "brother father uncle son nephew grandfather husband godson",
}

# --- small words that vary freely -----------------------------------------------------------------
DAYS = "Monday Saturday Friday Sunday Thursday Tuesday Wednesday"
MONTHS = (
    "May June September January October April July March December November August February"
)
NUMBERS = "two three four five six ten twelve seven twenty eight nine fifteen thirty forty fifty"
ORDINALS = "first second third fourth fifth sixth tenth"
WHEN = "yesterday recently today lately tonight eventually overnight"
INTENSIFIERS = "really truly quite simply absolutely decidedly genuinely undeniably"
INTENSIFIERS_2 = "very so really quite extremely rather truly"
SIZES = "small large modern old tall narrow red-brick timber-framed whitewashed ivy-clad"
AGES = "young old tall penniless nameless foreign bearded left-handed"
COMPANY = "friends family colleagues neighbours children visitors relatives classmates cousins"
DESCRIPTIVE = (
    "small large round grey wooden red old narrow tall blue brown square modern green white long "
    "plain black striped yellow low marble brass folding painted"
)
FURNITURE = (
    "table chair lamp clock mirror painting door bench shelf sofa piano cupboard stool vase rug "
    "bookcase armchair chandelier"
)

# --- verbs and nouns that belong to a domain ------------------------------------------------------
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
    "restaurant": "visit choose book revisit",
    "film": "watch see buy rewatch",
    "hotel": "book choose visit reserve",
    "gadget": "buy use order repair",
    "book": "read buy borrow reread",
    "news": "support attend forget miss",
    "letter": "repeat forget mention do",
}
MADE = {  # the thing was ...
    "restaurant": "cooked prepared served seasoned presented",
    "film": "filmed made edited directed staged",
    "hotel": "arranged prepared designed kept planned",
    "gadget": "built designed made assembled packed",
    "book": "written researched edited told printed",
    "news": "run organised planned handled managed",
    "letter": "planned arranged organised handled done",
}
KIND = {  # what the venue is
    "restaurant": "restaurant cafe bistro pub diner tavern tearoom canteen brasserie",
    "film": "film movie picture feature",
    "hotel": "hotel inn guesthouse hostel motel",
    "gadget": "gadget device appliance machine",
    "book": "book novel story volume",
    "news": "group charity organisation association",
    "letter": "group charity organisation association",
}
NEWS_DID = {  # what an organisation did to a thing
    "positive": "saved praised celebrated improved revived honoured supported promoted enlarged "
    "championed",
    "negative": "abandoned blamed ruined neglected criticised opposed scrapped spoiled mismanaged "
    "sabotaged",
}
CROWD = "visitors residents neighbours families locals villagers shoppers pensioners onlookers"
HERO = (  # whom stories are about
    "fisherman widow pianist spy schoolgirl sailor king detective orphan queen astronaut inventor "
    "shepherd gambler pilot thief clown blacksmith umbrella-maker explorer opera-singer smuggler "
    "lighthouse-keeper beekeeper archaeologist princess wizard gravedigger acrobat postmistress"
)
HERO_2 = (  # whom the hero meets
    "stranger magician soldier librarian ghost baron goatherd countess butler cartographer "
    "glassblower violinist monk bishop tailor falconer puppeteer candlemaker duchess hermit"
)
DESCRIPTIVE_2 = "light silver portable compact grey-green waterproof foldable cordless slim square-edged"
WRITERS = "Jenny Max Kate Ben Ella Jack Rosie Will Maya Leo Nell Theo Tess Finn Lily Sam Jo Nick"
