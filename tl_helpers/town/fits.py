"""Which verbs and adjectives go with which nouns: tea is savoured and a plot drags, not vice versa.

A word that is not listed goes with everything. A listed one goes with the classes named here and,
among the words of its own list, with no others.
"""

from __future__ import annotations

from functools import lru_cache

_GROUPS = {
    "EAT": "drink soft flesh bake meal",
    "TOLD": "joke thrill scene text",
    "SEEN": "joke thrill scene craft sight cast creature text figure image",
    "TOOL": "part power sound screen device pipe",
    "STAY": "room yard object outdoors care break",
    "LIVE": "cast creature figure team kin animal person",
}
# Of each list: word: the classes it goes with.
_FITS = """
[loved]
enjoyed enjoy: EAT SEEN STAY sound event job ride weather venue dish yard
admired admire: SEEN STAY TOOL LIVE building gear plant goods job crop venue person image
treasured treasure: TOLD sight image goods kin animal event ride break venue figure
savoured savour relished relish: EAT
cherished cherish: TOLD sight image goods kin animal event ride break venue plant
applauded applaud: TOLD cast team event building job person
celebrated celebrate: event crop team TOLD job cast
prized prize: goods plant image gear crop object device animal building
regretted regret: EAT event job ride break venue device care
resented resent: job building LIVE event object person goods
endured endure: TOLD event job ride break care weather venue sound soft
deplored deplore: event building job TOLD care gear
condemned condemn: TOLD building event job
abhorred abhor: TOLD EAT STAY building event job dish
cursed curse: TOOL weather object goods ride job building yard
dreaded dread: event job ride care weather break
[moved]
charmed enchanted: SEEN STAY LIVE plant goods building event venue image ride weather yard
cheered: SEEN LIVE EAT event weather ride plant crop building job sound yard
thrilled captivated: SEEN outdoors break event team ride venue building yard
dazzled: SEEN outdoors room building gear event plant team
comforted: EAT room object care kin animal goods text
uplifted: TOLD sight outdoors event weather image ride creature
bewitched: SEEN outdoors event plant yard; warmed: drink soft meal kin animal
refreshed: drink care outdoors weather break
bored wearied: TOLD sight cast figure break event job ride venue
frustrated: TOOL TOLD building job ride object goods venue break
infuriated exasperated: TOOL TOLD LIVE building event job ride object goods venue break
upset: TOLD STAY LIVE event job building ride venue crop
depressed: TOLD STAY event job building weather ride plant crop venue sight goods
disgusted repelled: EAT care room object dish; horrified: TOLD STAY building event care venue crop
[worked]
astounded: SEEN TOOL EAT outdoors care event team building plant crop ride dish
shone: SEEN LIVE object room yard plant gear team building event sound
sparkled: joke scene sight room yard outdoors text drink object gear
excelled: goods EAT TOOL SEEN care cast team dish event
succeeded: outdoors TOLD event job ride device team care break dish crop
triumphed: TOLD cast event team flesh bake soft
glowed: goods sight room object outdoors plant building gear image screen yard
flourished: plant animal kin crop building event job; sang: scene sound text joke team
enthralled: break SEEN outdoors event team; prevailed: team kin cast; satisfied: EAT care break
helped: weather job ride building goods part power screen device pipe care kin
brightened: weather plant
failed: TOOL TOLD image event job object building plant crop goods care
dragged: TOLD event job ride break sight craft weather
underwhelmed: EAT TOOL SEEN STAY building gear event team ride goods dish
collapsed: bake object building gear yard goods; flopped: TOLD event dish bake ride craft
suffered: plant crop LIVE event building sound job; sagged: object TOLD building plant bake
crumbled: bake building; floundered: thrill scene cast team event job kin
backfired: joke thrill device event job power
faltered: sound scene cast team event power screen TOLD; worsened: weather crop
palled: EAT TOLD sight craft creature event break job care outdoors gear image dish
stank: flesh drink soft meal object room care yard animal; rattled: part device pipe power object
misled: image text figure
[newsdid]
saved: building crop event outdoors; praised: event team building gear crop outdoors
improved: building event gear outdoors; revived: event
celebrated: event weather crop team outdoors; honoured: team event; supported: event building team
promoted: event building; enlarged: building; championed: event building team; thanked: team
welcomed: weather; greeted: weather; abandoned scrapped sabotaged: event building
blamed: weather team; ruined: event building gear crop outdoors
neglected: building gear crop team outdoors; criticised: team event building gear
opposed: event building; spoiled: event gear crop outdoors; mismanaged: event building crop
cursed: weather; lamented: weather crop
[eval]
tasty delicious fresh mouth-watering appetising moreish wholesome luscious flavoursome: EAT
juicy tender succulent: flesh; crisp buttery: bake; fragrant aromatic: soft flesh drink meal
zesty: soft; creamy velvety: soft drink; bland tasteless flavourless: EAT
greasy oily salty: soft flesh meal bake; stale soggy: bake meal; burnt undercooked: flesh bake
rubbery tough: flesh; tepid sour: drink soft; mushy: meal bake; inedible: soft flesh bake meal
congealed lumpy: soft; watery: drink soft
gripping thrilling riveting suspenseful: thrill scene cast; nail-biting: thrill
hilarious witty: joke; funny: joke scene cast; touching moving: scene sight creature cast
uplifting heart-warming: scene sight joke creature; poignant: scene sight
spellbinding mesmerising: SEEN
lyrical: scene sight; graceful majestic: creature sight cast; boring tedious dull: SEEN
predictable clumsy contrived formulaic hackneyed: joke thrill scene cast
incoherent: thrill scene joke; far-fetched: thrill joke scene; wooden: cast scene
overlong plodding: thrill scene joke sight; sappy pretentious: scene sight
unwatchable: scene sight thrill joke creature; listless mangy: creature; drab blurry: sight
spotless immaculate: room object gear; comfortable: room object
restful relaxing peaceful: room outdoors care break yard; quiet tranquil: room outdoors break yard
airy: room yard; luxurious sumptuous opulent: room object care break meal drink soft yard
sunny: yard outdoors room; snug: room object; palatial: room yard
soothing: care outdoors drink soft meal; fruity: drink
dirty grubby: room object yard care gear; shabby: room object yard gear
noisy: room yard outdoors break
damp dusty mouldy smelly: room object gear
draughty stuffy dingy squalid cockroach-ridden: room yard
threadbare creaking uncomfortable: object; rushed exhausting: care break outdoors
windswept littered: outdoors yard; lukewarm sickly overpriced: drink soft meal
sturdy well-made rock-solid: part device pipe; reliable dependable durable long-lasting: TOOL
handy nifty sleek: part device screen pipe; speedy responsive: power screen device
accurate precise: screen sound; ingenious: part device power pipe; energy-saving: power device
crystal-clear: sound image screen; lifelike precise: image
flimsy brittle wobbly badly-made: part device pipe
unreliable useless faulty defective: TOOL image; fiddly clunky: part device screen
sluggish temperamental: power screen device; inaccurate: screen sound
overheated short-lived: power device; leaky: pipe; muffled tinny: sound; grainy garbled: image
absorbing engrossing enthralling compelling vivid: thrill text figure image
readable insightful lucid eloquent erudite scholarly unputdownable: text
thought-provoking: text thrill figure; elegant enlightening: text image dish
tempting foolproof: dish
turgid long-winded rambling unreadable padded impenetrable pompous dry: text
shallow stilted laboured: text thrill figure; confusing muddled: text thrill image dish
repetitive derivative: text thrill figure image dish; fussy unappealing: dish
welcome promising: event building crop weather; promising: gear
successful popular: event team building gear; record-breaking: event team crop weather
lively triumphant: event team; generous prosperous: crop event team; historic: event building gear
festive: event gear; encouraging: event crop team; thriving: crop building team
mild balmy: weather; disastrous worrying: event weather crop team; costly: event building gear
controversial unpopular: event building team gear; ruinous calamitous: weather crop event
chaotic ill-fated botched: event; tragic: event weather; troubled: event team building
stricken: crop team building; treacherous relentless: weather
cheering heartening: LIVE event job ride plant yard; sweet: kin animal plant event
thoughtful: kin event; neat pretty handsome: goods; blissful carefree: event ride job yard
merry jolly: kin animal event; precious: kin animal goods plant yard event
sunlit: yard plant ride event; joyous: event ride; blooming fruitful: plant
gloomy dreary: event job ride yard; mournful: kin animal event; bitter: event
upsetting heart-breaking: event job; lonely joyless bleak: job ride yard event; hurtful sulky: kin
cheerless: event yard ride job; feeble sulky: plant animal; battered rickety messy: goods
straggly wilting: plant; unspoilt popular historic: outdoors
worrying treacherous controversial unpopular: outdoors; cheering sunlit joyous blissful: outdoors
gloomy dreary bleak: outdoors; polished assured: craft; jerky patchy: craft
[evall]
warm cosy stylish gleaming homely candlelit: room; leafy sheltered: yard
cramped cold ramshackle claustrophobic dilapidated musty airless windowless: room
windy muddy overgrown: yard
[mod]
homemade: soft bake; morning: drink bake soft; farmhouse: flesh; grilled smoked salted: flesh
local: flesh soft outdoors event; peppered: soft meal; spiced: soft meal flesh; vegetable: bake
opening final: joke sight scene craft thrill text
second main central: joke sight scene craft thrill text cast figure; second: room object care part
main: room building part screen power sound event; full-page: image; inner: part power pipe
secret: thrill cast; wartime: scene sight; Victorian: sight; original: craft; wild: creature
northern: creature sight building outdoors; distant remote southern: sight; private: yard object
seaside: yard outdoors; tropical evening: drink; alpine mountain: room outdoors yard
spare: object part gear; upstairs: room object meal; bedroom: object; afternoon: care
Turkish: room; removable: part pipe; steel: part; plastic: part pipe; electric: power
built-in: power screen sound; left right: part; digital: sound screen; front rear: screen part
portable: power; rubber: pipe; short: text; Scottish: figure thrill text flesh; illustrated: text
Italian vegetarian seasonal: dish; revised: text; Roman medieval: image
junior amateur county youth: event team; annual summer open-air: event
new old: building gear text goods yard job plant; late early: weather crop
coastal: weather yard outdoors; family surprise: event; little: kin animal goods; eldest: kin
back front: yard part screen; young: plant animal creature; overnight long: ride; foreign: yard
[made]
cooked: flesh soft bake meal; seasoned: flesh soft meal; prepared served presented: EAT
brewed poured: drink; filmed: sight scene thrill creature joke; made directed: craft
edited directed: scene thrill joke sight; staged: scene thrill; written: joke scene thrill
observed: creature cast; cast: cast; arranged: object care break outdoors yard room meal
planned: break care event job ride building yard; designed: room yard object TOOL break building
kept: room yard outdoors object care animal plant goods; maintained: room object outdoors yard gear
served mixed: drink soft meal; built made assembled: TOOL; packed: part device power
written edited told researched: text thrill figure dish; printed: text image dish
drawn: image figure thrill; chosen: image dish; run organised: event
managed: event building team crop; trained coached led: team; built restored: building
made displayed: gear; forecast predicted: weather; tended: crop plant yard outdoors
done handled: job ride; raised: kin animal; chosen wrapped: goods; organised: event ride job
[did]
booked reserved: meal break room care yard; shared: meal bake
planned organised: event ride job break weather; extended: break yard; watered: yard plant
[began]
opened: event building; began: event weather; arrived: team gear weather crop
ended: event weather; ripened: crop; flooded thawed: outdoors; trained: team; reopened: building
vanished: gear
"""


@lru_cache(maxsize=1)
def _goes_with() -> dict[tuple[str, str], frozenset[str]]:
    out: dict[tuple[str, str], frozenset[str]] = {}
    part = ""
    for line in _FITS.strip().splitlines():
        if line.startswith("["):
            part = line.strip("[]")
            continue
        for entry in line.split("; "):
            words, _, classes = entry.partition(": ")
            named = frozenset(" ".join(_GROUPS.get(x, x) for x in classes.split()).split())
            for word in words.split():
                out[part, word] = out.get((part, word), frozenset()) | named
    return out


def fits(part: str, word: str, noun: str) -> bool:
    """Whether a word of a category (of ``_FITS``) goes with the nouns of a class."""
    key = "loved" if part == "love" else part, word
    return not noun or noun in _goes_with().get(key, (noun,))
