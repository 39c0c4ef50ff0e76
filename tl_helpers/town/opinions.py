"""The words that carry sentiment, most frequent first, by polarity (and domain)."""

from __future__ import annotations

# --- evaluative adjectives: what carries the sentiment -------------------------------------------
# "any" is used in every domain; the others only in theirs (the distance dial mixes the two).
EVAL_THING = {
    "positive": {
        "any": "lovely good excellent wonderful great fine superb splendid delightful perfect "
        "brilliant marvellous impressive pleasant outstanding beautiful remarkable charming "
        "fabulous fantastic terrific magnificent admirable glorious sublime exquisite stunning "
        "satisfying heavenly first-rate exceptional faultless amazing matchless peerless "
        "irresistible top-notch commendable praiseworthy flawless",
        "restaurant": "tasty delicious fresh juicy tender crisp fragrant creamy mouth-watering "
        "succulent aromatic zesty moreish appetising velvety buttery wholesome luscious "
        "flavoursome",
        "film": "gripping hilarious touching funny moving thrilling riveting witty spellbinding "
        "uplifting nail-biting heart-warming mesmerising poignant suspenseful lyrical "
        "graceful majestic polished assured",
        "hotel": "spotless comfortable restful quiet airy luxurious sunny peaceful snug immaculate "
        "relaxing opulent soothing palatial sumptuous tranquil fruity",
        "gadget": "sturdy reliable handy sleek speedy accurate durable responsive ingenious "
        "well-made energy-saving precise dependable rock-solid nifty long-lasting "
        "crystal-clear lifelike",
        "book": "absorbing readable insightful vivid compelling lucid eloquent enthralling "
        "thought-provoking unputdownable erudite engrossing elegant scholarly enlightening "
        "tempting foolproof",
        "news": "welcome successful promising record-breaking lively generous triumphant historic "
        "popular prosperous festive encouraging thriving mild balmy unspoilt",
        "letter": "cheering sweet thoughtful blissful merry heartening jolly precious carefree "
        "sunlit joyous blooming fruitful neat pretty handsome",
    },
    "negative": {
        "any": "awful bad terrible dreadful poor horrible disappointing dire mediocre abysmal "
        "miserable unpleasant appalling lousy woeful shoddy ghastly hopeless dismal atrocious "
        "pathetic wretched deplorable lamentable laughable inferior unacceptable frightful "
        "regrettable disgraceful second-rate sad inexcusable depressing unsatisfactory rotten "
        "substandard shameful abominable third-rate",
        "restaurant": "bland greasy stale soggy burnt tasteless rubbery salty undercooked tepid "
        "oily tough flavourless mushy inedible congealed sour lumpy watery",
        "film": "boring predictable tedious dull clumsy incoherent contrived far-fetched wooden "
        "overlong plodding sappy unwatchable hackneyed formulaic pretentious "
        "drab listless jerky patchy blurry mangy",
        "hotel": "dirty noisy damp draughty smelly shabby dusty mouldy threadbare uncomfortable "
        "dingy cockroach-ridden stuffy creaking grubby squalid windswept rushed exhausting "
        "littered lukewarm sickly overpriced",
        "gadget": "flimsy unreliable useless fiddly sluggish faulty brittle inaccurate clunky "
        "overheated badly-made leaky temperamental short-lived wobbly defective tinny "
        "muffled grainy garbled",
        "book": "turgid long-winded shallow confusing repetitive dry rambling unreadable muddled "
        "pompous padded derivative impenetrable stilted laboured fussy unappealing",
        "news": "disastrous costly controversial ruinous unpopular chaotic tragic troubled "
        "calamitous ill-fated worrying botched stricken treacherous relentless",
        "letter": "gloomy mournful bitter dreary lonely hurtful joyless upsetting bleak "
        "heart-breaking "
        "cheerless battered rickety messy sulky straggly wilting feeble",
    },
}

EVAL_GENERAL = {  # what can be said of anything, an evening or a whole stay
    "positive": "lovely good wonderful delightful great excellent pleasant enjoyable marvellous "
    "memorable perfect fine unforgettable splendid superb fantastic beautiful brilliant "
    "remarkable impressive outstanding exceptional amazing admirable agreeable exquisite",
    "negative": "awful bad terrible disappointing dreadful horrible miserable poor unpleasant "
    "dismal forgettable dire ghastly unfortunate mediocre lousy depressing wretched abysmal "
    "hopeless appalling atrocious unacceptable underwhelming infuriating inexcusable",
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
    "inattentive clumsy brusque unfriendly cold sarcastic aloof snooty forgetful tactless "
    "bad-tempered incompetent condescending churlish haughty slovenly",
}

EVAL_PLACE = {
    "positive": "cosy bright inviting tidy spacious warm stylish clean gleaming homely "
    "atmospheric picturesque well-kept tasteful serene well-lit candlelit leafy sheltered",
    "negative": "cramped cold filthy ugly chilly crowded neglected run-down soulless "
    "ramshackle grimy tacky claustrophobic dilapidated musty airless windowless "
    "windy muddy overgrown",
}
EVAL_PLACE_2 = {  # the second thing that is said of a place
    "positive": "pleasant lovely welcoming charming delightful beautiful peaceful comfortable "
    "quiet restful",
    "negative": "unpleasant horrible depressing gloomy dreadful dismal dreary shabby uninviting "
    "bleak",
}

FEELING = {
    "positive": "happy delighted pleased thrilled satisfied glad overjoyed grateful enchanted "
    "content cheerful elated relieved proud enthusiastic hopeful joyful ecstatic contented "
    "relaxed euphoric",
    "negative": "disappointed angry upset annoyed unhappy dissatisfied frustrated furious uneasy "
    "irritated miserable dismayed disheartened exasperated resentful downcast disgusted "
    "embarrassed indignant disillusioned crestfallen",
}

FEELING_2 = {  # it made us ...
    "positive": "happy glad cheerful proud hopeful joyful content enthusiastic",
    "negative": "unhappy angry furious miserable uneasy indignant resentful desperate",
}

LOVED = {  # past tense, takes an object
    "positive": "loved enjoyed liked adored admired treasured praised savoured appreciated "
    "relished cherished applauded celebrated prized",
    "negative": "hated disliked regretted loathed despised detested resented criticised "
    "endured deplored condemned abhorred cursed dreaded",
}
LOVE = {  # the same verbs, bare form
    "positive": "love enjoy like adore admire treasure praise savour appreciate relish cherish "
    "applaud celebrate prize",
    "negative": "hate dislike regret loathe despise detest resent criticise endure deplore condemn "
    "abhor curse dread",
}
MOVED = {  # what a thing does to us
    "positive": "delighted impressed pleased charmed cheered amazed thrilled enchanted captivated "
    "dazzled comforted uplifted astonished bewitched warmed refreshed",
    "negative": "disappointed annoyed bored irritated frustrated upset depressed infuriated "
    "exasperated disgusted appalled wearied dismayed repelled horrified",
}
TREATED = {  # what a person does to us
    "positive": {
        "restaurant": "welcomed helped charmed thanked surprised pampered advised reassured",
        "film": "charmed surprised entertained welcomed astounded thanked moved",
        "hotel": "welcomed helped pampered charmed reassured thanked surprised advised",
        "gadget": "helped advised reassured welcomed thanked charmed surprised",
        "book": "charmed surprised encouraged entertained helped welcomed advised",
        "news": "thanked welcomed encouraged reassured congratulated praised helped",
        "letter": "helped welcomed encouraged comforted surprised reassured befriended praised "
        "congratulated advised",
    },
    "negative": {
        "restaurant": "ignored insulted annoyed overcharged cheated patronised snubbed offended",
        "film": "annoyed bored insulted patronised offended ignored mocked",
        "hotel": "ignored insulted overcharged annoyed neglected cheated snubbed offended",
        "gadget": "ignored cheated overcharged annoyed insulted patronised misled offended",
        "book": "annoyed bored patronised misled insulted ignored mocked",
        "news": "ignored insulted annoyed misled offended patronised mocked neglected",
        "letter": "ignored insulted annoyed scolded mocked offended patronised snubbed bullied",
    },
}
WORKED = {  # what a thing does, no object
    "positive": "shone excelled succeeded sparkled astounded triumphed satisfied glowed flourished "
    "sang enthralled prevailed helped brightened",
    "negative": "failed dragged underwhelmed collapsed flopped suffered palled sagged crumbled "
    "floundered backfired faltered worsened stank rattled misled",
}
ADVERB = {  # how something was done
    "positive": "beautifully perfectly wonderfully superbly brilliantly nicely splendidly "
    "gracefully "
    "lovingly expertly skilfully generously impeccably delightfully",
    "negative": "badly poorly terribly dreadfully carelessly clumsily awfully sloppily grudgingly "
    "lazily shoddily hastily crudely abysmally",
}
MOOD = {  # opens a sentence
    "positive": "happily luckily fortunately thankfully mercifully pleasingly blessedly",
    "negative": "sadly unfortunately regrettably unluckily alas disappointingly annoyingly "
    "worryingly",
}
AGAIN = {  # we will ... return
    "positive": "certainly definitely gladly surely soon always readily undoubtedly",
    "negative": "never not",
}
CHOOSE = {  # you should ... it
    "positive": "try choose consider discover remember",
    "negative": "avoid skip shun forget ignore dodge",
}
QUALITY = {  # what a ...!
    "positive": {
        "restaurant": "treat delight feast pleasure joy triumph gem success bargain revelation "
        "marvel wonder",
        "film": "delight joy triumph treat masterpiece pleasure success marvel revelation wonder "
        "gem jewel",
        "hotel": "treat delight pleasure joy gem dream bargain marvel success jewel treasure",
        "gadget": "marvel bargain delight gem success triumph wonder treasure blessing joy",
        "book": "delight joy treat masterpiece pleasure triumph gem revelation marvel treasure "
        "wonder jewel",
        "news": "success triumph delight joy pleasure miracle blessing marvel wonder",
        "letter": "joy delight treat pleasure blessing dream wonder success miracle",
    },
    "negative": {
        "restaurant": "disappointment disaster letdown shame failure farce insult swindle mess "
        "ordeal nightmare",
        "film": "disappointment bore mess disaster letdown failure farce shame ordeal travesty "
        "insult",
        "hotel": "disappointment nightmare disaster shame letdown failure farce swindle ordeal "
        "mess shambles",
        "gadget": "disappointment failure swindle disaster letdown mess nightmare shame blunder "
        "eyesore",
        "book": "disappointment bore mess letdown failure shame disaster travesty ordeal farce",
        "news": "disaster shame failure disappointment mess fiasco shambles farce catastrophe "
        "blunder travesty",
        "letter": "disappointment nightmare disaster shame letdown mess ordeal failure shambles",
    },
}
STARS = {"positive": "five four", "negative": "two zero"}
NEWS_DID = {  # what an organisation did to a thing
    "positive": "praised saved welcomed improved celebrated revived honoured supported promoted "
    "thanked enlarged championed greeted",
    "negative": "blamed abandoned ruined neglected criticised opposed scrapped spoiled mismanaged "
    "sabotaged cursed lamented",
}
