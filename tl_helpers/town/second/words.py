"""What is decided by hand in Ondalese: its small words, its loans, and where it cuts meanings.

Everything else is made by rule from the English lexicon (see ``lexicon``), so a word that is added
there needs nothing here.
"""

from __future__ import annotations

NAME = "Ondalese"  # spoken in Ondal, on the far bank of the river

# English small word, or word/POS -> its stem in Ondalese.
SMALL = {
    "and": "ka",
    "but": "vedo",
    "yet": "vedo",
    "or": "lai",
    "so/CCONJ": "toka",
    "but/ADV": "losa",
    "not": "mu",
    "not/ADV": "mu",
    "never": "nimu",
    "hardly": "apem",
    "no": "nimo",
    "because": "tarin",
    "when": "ulan",
    "although": "mesto",
    "while": "ulai",
    "if": "shul",
    "though": "mesto",
    "that/SCONJ": "kel",
    "what/DET": "oisa",
    "how": "kuma",
    "with": "lom",
    "near": "vir",
    "about": "pesh",
    "from": "ren",
    "for": "gai",
    "by": "nol",
    "between": "devin",
    "after": "zul",
    "as": "tol",
    "according": "sadem",
    "all/DET": "sume",
    "every": "omme",
    "such/ADJ": "tale",
    "this": "sile",
    "these": "sile",
    "should": "deval",
    "must": "dutai",
    "could": "potai",
    "can": "potai",
    "again": "relo",
    "too": "pua",
    "more": "mai",
    "most": "maiste",
    "oh": "oi",
    "hello": "olai",
    "all/ADV": "sumelin",
}
# Pronouns: English form -> (stem, number). One word for "she" and "he".
PRONOUNS = {
    "I": ("na", "sg"),
    "me": ("na", "sg"),
    "my": ("na", "sg"),
    "we": ("na", "pl"),
    "us": ("na", "pl"),
    "our": ("na", "pl"),
    "you": ("vo", "pl"),
    "your": ("vo", "pl"),
    "it": ("tu", "sg"),
    "they": ("tu", "pl"),
    "them": ("tu", "pl"),
    "she": ("ela", "sg"),
    "he": ("ela", "sg"),
    "her": ("ela", "sg"),
    "his": ("ela", "sg"),
    "him": ("ela", "sg"),
    "who": ("kei", "sg"),
    "whoever": ("keimo", "sg"),
    "what": ("kesa", "sg"),
    "everyone": ("omela", "sg"),
    "everybody": ("omela", "sg"),
    "everything": ("omeno", "sg"),
    "nobody": ("mukela", "sg"),
    "nothing": ("mukeno", "sg"),
    "anything": ("aneno", "sg"),
    "there": ("sila", "sg"),
}
COPULA = "s"  # sel, sol, sal ...: to be

# Words with one translation, by part of speech: the first stands for all.
SYNONYMS = {
    "NOUN": (
        "film movie",
        "pub tavern",
        "cafe tearoom",
        "shop store",
        "gadget device",
        "group organisation association",
        "disappointment letdown",
        "disaster catastrophe",
        "gem jewel",
        "delight joy pleasure",
        "mess shambles",
        "failure fiasco",
        "journey voyage",
        "plan scheme",
        "book volume",
        "mystery whodunnit",
        "baker pastrycook",
        "bread loaf",
        "lunch dinner",
        "customer client",
        "photograph photo",
        "novel paperback",
    ),
    "ADJ": (
        "awful terrible dreadful",
        "wonderful marvellous",
        "fabulous terrific",
        "bad poor",
        "excellent superb",
        "splendid magnificent",
        "horrible ghastly frightful",
        "dire abysmal",
        "delicious tasty",
        "boring dull tedious",
        "dirty filthy grubby",
        "cosy snug",
        "happy glad",
        "delighted overjoyed",
        "annoyed irritated",
        "friendly affable",
        "rude brusque",
        "mouldy musty",
        "small little",
        "beautiful stunning",
        "shameful disgraceful",
        "reliable dependable",
        "moving touching",
        "tranquil serene peaceful",
    ),
    "VERB": (
        "hate loathe detest",
        "love adore",
        "cherish treasure",
        "criticise condemn",
        "reserve book",
        "avoid shun",
        "reject dismiss",
        "enchant charm",
        "amaze astonish",
        "annoy irritate",
        "infuriate exasperate",
        "sparkle shine",
        "flop fail",
        "crumble collapse",
        "see watch",
        "arrange organise",
    ),
    "ADV": (
        "luckily fortunately",
        "unluckily unfortunately",
        "really truly",
        "poorly badly",
        "certainly definitely",
        "simply absolutely",
        "quite rather",
    ),
}
# Words with a second translation: lemma -> category or domain -> which sense it has there.
# (Praise, blame and plain uses of one word are kept apart anyway, and so are parts of speech.)
SENSES = {
    ("cold", "ADJ"): {"evalp": "unkind"},
    ("warm", "ADJ"): {"evalp": "kind"},
    ("menu", "NOUN"): {"gadget": "screen"},
    ("volume", "NOUN"): {"gadget": "loudness"},
    ("course", "NOUN"): {"restaurant": "dish"},
    ("chain", "NOUN"): {"gadget": "machine"},
    ("spring", "NOUN"): {"gadget": "machine"},
    ("bass", "NOUN"): {"gadget": "sound"},
    ("plot", "NOUN"): {"film": "story", "book": "story"},
    ("score", "NOUN"): {"film": "music"},
    ("element", "NOUN"): {"gadget": "heater"},
    ("match", "NOUN"): {"news": "game"},
    ("race", "NOUN"): {"news": "contest"},
    ("party", "NOUN"): {"letter": "feast"},
    ("story", "NOUN"): {"film": "tale", "book": "tale"},
    ("right", "ADJ"): {"gadget": "side"},
    ("left", "ADJ"): {"gadget": "side"},
    ("single", "ADJ"): {"hotel": "bed"},
    ("second", "ADJ"): {},
}
# Words that Ondalese shares with its neighbours (cognates), spelled its own way.
LOANS = set(
    "coffee porridge omelette marmalade sausage curry naan dal chutney korma samosa masala paneer "
    "biryani raita bisque lobster tart meringue strudel salmon sole balcony terrace cocktail "
    "parasol lagoon veranda sauna massage jacuzzi hammam gondola chalet fondue minibar radio "
    "stereo camera sensor filter motor thermostat amplifier bluetooth volcano savannah "
    "documentary comedy drama romance musical parody farce thriller sonnet metaphor ballad ode "
    "haiku elegy anthology glossary index bibliography biography memoir history museum carnival "
    "parade choir festival concert orchestra marathon regatta captain hotel motel restaurant "
    "bistro canteen project contract interview office salon piano vase sofa pilot pianist "
    "astronaut archaeologist acrobat baron magician violinist sommelier chef director professor "
    "secretary photograph paella banquet quiche opera canal bandstand detox spa conservatory "
    "modern fantastic fabulous perfect brilliant elegant glorious sublime digital automatic "
    "portable romantic plastic ceramic metal medieval royal local annual junior mineral electric "
    "tragic comic lyrical defective predictable recommend celebrate organise discuss".split()
)
