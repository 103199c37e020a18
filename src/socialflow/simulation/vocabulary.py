"""The words of the simulated platform: twenty topics, each with its category, moods and vocabulary (our own).

`subjects` are plural nouns, `doings` gerund phrases, `settings` adverbial phrases, `things` nouns for tags and
descriptions: any template of `wording` takes any of them.
"""

from dataclasses import dataclass

from socialflow.content.records import Mood


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic and how people speak of it."""

    name: str
    category: str
    moods: tuple[Mood, ...]
    subjects: tuple[str, ...]
    doings: tuple[str, ...]
    settings: tuple[str, ...]
    things: tuple[str, ...]


def _topic(name: str, category: str, moods: tuple[Mood, ...], *words: str) -> Topic:
    subjects, doings, settings, things = (tuple(part.strip() for part in line.split(",")) for line in words)
    return Topic(name, category, moods, subjects, doings, settings, things)


TOPICS: tuple[Topic, ...] = (
    _topic(
        "hiking",
        "outdoors",
        (Mood.CALM, Mood.INSPIRED),
        "mountain mornings, ridge walks, forest trails, alpine huts, summit views, long climbs, river paths",
        "walking the high route, climbing before sunrise, crossing the glacier, packing light, reading a map",
        "in the mountains, above the tree line, through the valley, along the coast path, after the first snow",
        "trail, summit, backpack, boots, ridge, waterfall, tent, compass, wilderness, peak",
    ),
    _topic(
        "cooking",
        "food",
        (Mood.JOYFUL, Mood.CALM),
        "weeknight dinners, slow stews, family recipes, street snacks, noodle bowls, winter soups, spice blends",
        "cooking for twelve, making fresh pasta, roasting vegetables, cooking over fire, sharpening knives",
        "in a tiny kitchen, on a student budget, at the village market, with what is left in the fridge, for a feast",
        "recipe, garlic, skillet, dinner, spices, kitchen, sauce, onions, chef, noodles",
    ),
    _topic(
        "baking",
        "food",
        (Mood.JOYFUL, Mood.CALM),
        "sourdough loaves, apple pies, butter croissants, birthday cakes, rye breads, cinnamon rolls, biscuits",
        "baking sourdough, feeding a starter, folding dough, tempering chocolate, decorating cakes",
        "before breakfast, in a wood oven, without a mixer, at my grandmother's table, on a rainy Sunday",
        "flour, yeast, oven, dough, crust, butter, pastry, sugar, bread, crumb",
    ),
    _topic(
        "football",
        "sports",
        (Mood.EXCITED, Mood.TENSE),
        "late goals, penalty shootouts, derby days, youth matches, free kicks, great saves, cup finals",
        "defending a lead, training after dark, taking corners, pressing high, watching from the stands",
        "in the last minute, under floodlights, in the pouring rain, at the old stadium, with ten players",
        "goal, striker, keeper, penalty, league, midfield, stadium, referee, tackle, fans",
    ),
    _topic(
        "running",
        "sports",
        (Mood.INSPIRED, Mood.EXCITED),
        "marathon weeks, interval sessions, recovery runs, trail races, first finishes, hill repeats, park runs",
        "running before work, training for a marathon, pacing a friend, breathing on hills, coming back from injury",
        "at five in the morning, around the lake, through the sleeping city, in the summer heat, without a watch",
        "marathon, pace, stride, shoes, kilometres, stamina, racing, sprint, heartbeat, finish",
    ),
    _topic(
        "guitar",
        "music",
        (Mood.CALM, Mood.ROMANTIC),
        "fingerstyle songs, open tunings, blues riffs, chord shapes, old strings, slow ballads, jam nights",
        "learning fingerstyle, writing a riff, restringing an old guitar, playing by ear, recording at home",
        "on the balcony, with a cheap microphone, around the campfire, in drop D, between two trains",
        "guitar, chords, strings, riff, amplifier, melody, acoustic, pick, fretboard, solo",
    ),
    _topic(
        "electronic music",
        "music",
        (Mood.EXCITED, Mood.JOYFUL),
        "analogue basslines, club nights, drum loops, modular patches, ambient sets, remixes, synth pads",
        "mixing a live set, patching a modular synth, sampling street noise, mastering a track, building a drop",
        "in a bedroom studio, until sunrise, on two turntables, with one drum machine, in the warehouse",
        "synth, bass, beat, techno, sampler, mixer, vinyl, house, sequencer, rave",
    ),
    _topic(
        "comedy",
        "entertainment",
        (Mood.JOYFUL, Mood.EXCITED),
        "office sketches, failed pranks, awkward dates, bad impressions, one-liners, family jokes, stand-up nights",
        "surviving a family dinner, pretending to work, telling bad jokes, impersonating my boss, improvising on stage",
        "in front of nobody, at the worst moment, with my brother, on live radio, during the meeting",
        "joke, sketch, funny, prank, stand-up, parody, laughter, punchline, awkward, improv",
    ),
    _topic(
        "film",
        "entertainment",
        (Mood.CURIOUS, Mood.ROMANTIC),
        "forgotten westerns, opening scenes, silent films, festival winners, plot twists, film scores, villains",
        "framing a long take, rewatching the classics, writing dialogue, colouring a scene, shooting on film",
        "in one take, at the midnight cinema, shot by shot, without spoilers, from the director's chair",
        "cinema, director, scene, camera, actor, screenplay, trailer, thriller, premiere, lens",
    ),
    _topic(
        "video games",
        "gaming",
        (Mood.EXCITED, Mood.CURIOUS),
        "speedruns, boss fights, hidden levels, indie gems, retro consoles, co-op nights, open worlds",
        "beating the final boss, exploring an open world, building a base, speedrunning a classic, modding the map",
        "on the hardest setting, with no damage, in local co-op, on an old handheld, in one sitting",
        "console, boss, level, controller, quest, multiplayer, pixel, speedrun, loot, respawn",
    ),
    _topic(
        "board games",
        "gaming",
        (Mood.JOYFUL, Mood.CURIOUS),
        "strategy evenings, chess openings, card drafts, dice rolls, endgames, party games, painted miniatures",
        "teaching chess, drafting cards, painting miniatures, bluffing badly, designing a board game",
        "on a snowy evening, with six players, at the kitchen table, against my daughter, in under an hour",
        "chess, dice, cards, tabletop, strategy, meeples, puzzle, opening, checkmate, rules",
    ),
    _topic(
        "programming",
        "technology",
        (Mood.CURIOUS, Mood.NEUTRAL),
        "small compilers, clever algorithms, database indexes, broken tests, shell tricks, type systems, parsers",
        "writing a compiler, debugging a race condition, refactoring old code, profiling a slow query, learning Rust",
        "in one weekend, from scratch, without a framework, line by line, with a rubber duck",
        "code, python, compiler, bug, algorithm, database, terminal, function, open source, keyboard",
    ),
    _topic(
        "gadgets",
        "technology",
        (Mood.CURIOUS, Mood.EXCITED),
        "folding phones, smart watches, noise-cancelling headphones, tiny laptops, camera drones, home robots",
        "reviewing a folding phone, repairing a cracked screen, comparing headphones, flying a drone, opening the box",
        "after one month, under a hundred euros, side by side, in the real world, on a single charge",
        "phone, battery, screen, drone, headphones, laptop, charger, review, unboxing, camera",
    ),
    _topic(
        "space",
        "science",
        (Mood.CURIOUS, Mood.INSPIRED),
        "distant galaxies, rocket launches, meteor showers, moon landings, black holes, telescope nights, comets",
        "photographing the Milky Way, landing a rocket, weighing a planet, finding an exoplanet, watching an eclipse",
        "from the backyard, light years away, behind the moon, on the launch pad, in the desert night",
        "telescope, galaxy, orbit, planet, rocket, astronaut, comet, stars, gravity, nebula",
    ),
    _topic(
        "wildlife",
        "science",
        (Mood.CALM, Mood.CURIOUS),
        "hungry foxes, migrating cranes, garden birds, whale songs, wolf packs, tide pools, bee colonies",
        "watching otters, tracking wolves, ringing birds, counting butterflies, listening to whales",
        "at the edge of the forest, in the wetlands, before dawn, under the ice, from a hide",
        "animals, birds, habitat, fox, nest, ocean, insects, conservation, feathers, migration",
    ),
    _topic(
        "travel",
        "travel",
        (Mood.INSPIRED, Mood.JOYFUL),
        "night trains, island ferries, hidden villages, border crossings, market towns, slow journeys, old harbours",
        "travelling by night train, hitchhiking north, living out of a suitcase, crossing borders, getting lost",
        "across the Balkans, through Patagonia, on the slow boat, without flying, for thirty euros a day",
        "train, passport, hostel, island, harbour, luggage, ferry, ticket, backpacking, itinerary",
    ),
    _topic(
        "fashion",
        "style",
        (Mood.ROMANTIC, Mood.INSPIRED),
        "vintage coats, capsule wardrobes, thrifted finds, hand-knitted jumpers, denim repairs, wedding looks",
        "sewing a winter coat, mending denim, thrifting a whole outfit, dyeing with plants, dressing for autumn",
        "from the flea market, in seven pieces, with no plan, on the night train to Milan, for under twenty euros",
        "dress, fabric, denim, sewing, outfit, vintage, tailor, wardrobe, linen, knitwear",
    ),
    _topic(
        "gardening",
        "home",
        (Mood.CALM, Mood.JOYFUL),
        "tomato beds, balcony herbs, wild meadows, compost heaps, rose cuttings, raised beds, seedlings",
        "growing tomatoes, pruning roses, saving seeds, building a compost heap, planting a hedge",
        "on a windowsill, through the drought, without a spade, in clay soil, after the last frost",
        "garden, seeds, soil, compost, roses, harvest, greenhouse, tomatoes, mulch, watering",
    ),
    _topic(
        "mindfulness",
        "wellbeing",
        (Mood.CALM, Mood.SAD),
        "quiet mornings, breathing pauses, evening rituals, gentle stretches, gratitude notes, silent walks",
        "meditating for ten minutes, breathing through stress, sleeping better, letting go of a grudge, doing nothing",
        "before the house wakes, without a phone, after a hard year, in the middle of the noise, one breath at a time",
        "meditation, breathing, calm, sleep, yoga, silence, gratitude, stress, habit, stillness",
    ),
    _topic(
        "current affairs",
        "news",
        (Mood.TENSE, Mood.ANGRY),
        "local elections, rent protests, court rulings, budget debates, climate talks, strike days, city councils",
        "reporting from the protest, following the money, explaining a ruling, counting votes, reading the budget",
        "in three minutes, before the vote, outside parliament, with the people it concerns, as it happened",
        "election, policy, protest, parliament, economy, climate, debate, justice, vote, reporter",
    ),
)
"""In fixed order: a topic's place is its number everywhere in a simulation."""

TOPIC_NAMES: tuple[str, ...] = tuple(topic.name for topic in TOPICS)

ADJECTIVES: tuple[str, ...] = (
    "quiet", "honest", "unexpected", "simple", "strange", "golden", "slow", "brave", "tiny", "long", "perfect",
    "forgotten", "noisy", "gentle", "wild", "ordinary", "early", "late", "curious", "stubborn",
)  # fmt: skip
MOOD_ADJECTIVES: dict[Mood, tuple[str, ...]] = {
    Mood.CALM: ("quiet", "gentle", "peaceful", "slow"),
    Mood.JOYFUL: ("happy", "cheerful", "delightful", "sunny"),
    Mood.SAD: ("bittersweet", "lonely", "melancholy", "tender"),
    Mood.TENSE: ("nervous", "breathless", "uneasy", "dramatic"),
    Mood.EXCITED: ("thrilling", "electric", "unbelievable", "wild"),
    Mood.INSPIRED: ("brave", "hopeful", "inspiring", "bold"),
    Mood.CURIOUS: ("curious", "strange", "hidden", "surprising"),
    Mood.ROMANTIC: ("dreamy", "tender", "moonlit", "beautiful"),
    Mood.ANGRY: ("bitter", "furious", "shameful", "heated"),
    Mood.NEUTRAL: ("plain", "short", "practical", "clear"),
}
NUMBERS: tuple[str, ...] = ("Three", "Five", "Seven", "Ten", "Twelve", "Twenty")
CREATURES: tuple[str, ...] = (
    "otter", "heron", "lynx", "badger", "falcon", "hare", "newt", "robin", "marten", "seal", "wren", "ibex", "crane",
    "mole", "owl", "bison", "gecko", "swift", "tapir", "vole",
)  # fmt: skip
COLOURS: tuple[str, ...] = (
    "amber", "azure", "coral", "copper", "crimson", "ebony", "emerald", "golden", "indigo", "ivory", "jade", "lilac",
    "maroon", "olive", "pearl", "ruby", "saffron", "scarlet", "silver", "teal",
)  # fmt: skip
CHANNEL_FORMS: tuple[str, ...] = (
    "The {Thing} Diaries", "{Name} on {topic}", "{Thing} & {Other}", "Daily {Thing}", "{Name}'s {Thing} Lab",
    "All About {Topic}", "Studio {Thing}", "{Thing} Weekly", "The Honest {Thing}", "{Name} and the {Thing}",
)  # fmt: skip
TITLE_FORMS: tuple[str, ...] = (
    "{Number} {adjective} {subjects} {setting}",
    "{Doing} {setting}",
    "{Doing} for beginners",
    "My {adjective} week of {doing}",
    "What nobody tells you about {doing}",
    "{Article} {adjective} day of {doing} {setting}",
    "Why I keep coming back to {subjects}",
    "{Number} mistakes I made {doing}",
    "{Subjects} {setting}",
    "The {adjective} truth about {subjects}",
    "{Doing} {setting}: {number} {adjective} lessons",
    "We tried {doing} {setting}",
)
SENTENCES: tuple[str, ...] = (
    "Today it is all about {doing} {setting}.",
    "Everything you need: {thing}, {other} and a little patience.",
    "I have been asked about {subjects} for months, so here is the {adjective} answer.",
    "There is {thing}, there is {other}, and in the end there are {subjects}.",
    "If you love {subjects}, this one is for you.",
    "Filmed {setting}, with more {thing} than planned.",
    "Tell me below how you go about {doing}.",
)
