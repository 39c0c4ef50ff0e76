"""Who lives in the town, and where."""

from __future__ import annotations

VENUE_FIRST = {
    "restaurant": "Copper Golden Hungry Blue Old Silver Laughing Crooked Green Happy Rusty Little",
    "film": "Silent Last Hidden Broken Distant Crimson Lonely Secret Forgotten Wild Burning "
    "Invisible",
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
    "news": "Council Club Society School Company Library Choir Theatre Trust Museum Union "
    "Committee",
    "letter": "Council Club Society School Company Library Choir Theatre Trust Museum Union "
    "Committee",
}
FEMALE = (
    "Anna Ruth Clara Martha Edith Nora Alice Grace Ivy Mabel Lucy Hannah Rosa Esther Flora Olive "
    "Agnes Stella Daisy Helen Irene Judith Bridget Miriam Sylvia Harriet Beatrix Louisa Marianne "
    "Philippa Ottilie Winifred Leila Amina Priya Mei Yuki Fatima Zofia Ingrid"
)
MALE = (
    "Tom Peter George Henry Arthur Samuel Walter Oscar Hugo Felix Edwin Ralph Simon Victor Martin "
    "Leonard Stanley Gilbert Cecil Albert Frank Harold Julian Rupert Ambrose Barnaby Clement "
    "Duncan "
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
    "High Mill Church Station Market Castle Elm Orchard Bridge Garden Victoria Quarry Chapel "
    "Willow "
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
WRITERS = "Jenny Max Kate Ben Ella Jack Rosie Will Maya Leo Nell Theo Tess Finn Lily Sam Jo Nick"
ADDRESSEES = (  # whom letters are written to: nobody else has these names
    "Emily Robert Charlotte Edward Caroline Thomas Dorothy Philip Margaret Susan Richard Eleanor "
    "Charles Elizabeth Stephen Frances Andrew Nancy Gerald Joan"
)
