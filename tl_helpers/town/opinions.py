"""The words that carry sentiment, most frequent first, by polarity (and domain)."""

from __future__ import annotations

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
        "book": "absorbing readable insightful vivid compelling lucid eloquent enthralling "
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
        "calamitous ill-fated worrying botched stricken",
        "letter": "gloomy mournful bitter dreary lonely hurtful joyless upsetting bleak "
        "heart-breaking "
        "cheerless",
    },
}

EVAL_MORE = {  # could not have been more ...: adjectives that have degrees
    "positive": "delightful impressive pleasant charming beautiful satisfying marvellous "
    "remarkable admirable irresistible",
    "negative": "disappointing dreadful miserable unpleasant appalling hopeless dismal pathetic "
    "depressing infuriating",
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
    "positive": "cosy bright inviting tidy spacious warm stylish clean gleaming homely "
    "atmospheric picturesque well-kept tasteful serene well-lit candlelit",
    "negative": "cramped cold filthy ugly chilly crowded neglected run-down soulless "
    "ramshackle grimy tacky claustrophobic dilapidated musty airless windowless",
}

FEELING = {
    "positive": "happy delighted pleased thrilled satisfied glad overjoyed grateful enchanted "
    "content cheerful elated relieved proud enthusiastic hopeful joyful ecstatic contented "
    "spellbound rejuvenated",
    "negative": "disappointed angry upset annoyed unhappy dissatisfied frustrated furious bored "
    "irritated miserable dismayed disheartened exasperated resentful heartbroken disgusted "
    "embarrassed indignant disillusioned crestfallen",
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
    "positive": "shone sparkled astounded excelled succeeded triumphed glowed flourished sang "
    "enthralled prevailed",
    "negative": "failed dragged underwhelmed collapsed flopped suffered sagged crumbled floundered "
    "backfired faltered",
}
ADVERB = {  # how something was done
    "positive": "beautifully perfectly wonderfully superbly brilliantly nicely splendidly "
    "gracefully "
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
NEWS_DID = {  # what an organisation did to a thing
    "positive": "saved praised celebrated improved revived honoured supported promoted enlarged "
    "championed",
    "negative": "abandoned blamed ruined neglected criticised opposed scrapped spoiled mismanaged "
    "sabotaged",
}
