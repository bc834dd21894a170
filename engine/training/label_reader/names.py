# SPDX-License-Identifier: MIT
"""Names of people, companies and places: more than half of them invented from syllables.

A reader that knows every name of its training set guesses names instead of reading them. Invented names keep it honest.
"""


def listed(text):
    """The entries of a list written with bars between them over several lines."""
    return text.replace("\n", "|").split("|")


ONSETS = {
    "british": "b br c ch cl d dr f fl g gl gr h k l m n p pl r s sh sk sl st str t th tr w wh y j v qu".split(),
    "latin": "b c ch d f g gu j l ll m n p pr r s t tr v z qu al mar".split(),
    "slavic": "b br d dr g gr h k kr l m mil n p r s sl st t v vl z zh zd j cz".split(),
    "nordic": "b bj br d f fj g gr h hj j k kr l m n r s sk sv t th tr v".split(),
    "eastern": "b ch d g h j k kh m n ng p r s sh t ts w x y z zh".split(),
}
VOWELS = {
    "british": "a e i o u ea oo ai ou ee ie a e o i".split(),
    "latin": "a e i o u ia io ue a e o".split(),
    "slavic": "a e i o u a o e y".split(),
    "nordic": "a e i o u y a e i".split(),
    "eastern": "a e i o u ai ao ei iu uo ia".split(),
}
CODAS = {
    "british": "b ck d ft g l ld ll m n nd ng nt p r rd rk rn s sh st t th x tt ss mp w".split() + [""] * 6,
    "latin": "l n r s z nd".split() + [""] * 12,
    "slavic": "k l m n r s t v vsk nk c sz".split() + [""] * 6,
    "nordic": "d g k l ld m n nd ng r rd rg s st rk v".split() + [""] * 4,
    "eastern": "n ng m k p t".split() + [""] * 8,
}
FLAVOURS = tuple(ONSETS)
SURNAME_ENDS = {
    "british": "ton ley son by well er man ford wood ham worth".split(),
    "latin": "ez es ino etti elli ado eira ano o a".split(),
    "slavic": "ov ova ski ska ic enko uk ak icz ek".split(),
    "nordic": "sen sson berg dal strom lund gaard vik nen".split(),
    "eastern": "".split(),
}
PLACE_ENDS = "ton ville burg field ford dale port view mont haven bridge land side stead beck ston ia o a".split()
ACCENTS = {
    "a": "äáàâãå",
    "e": "éèêë",
    "i": "íîïì",
    "o": "öóôõòø",
    "u": "üúùû",
    "n": "ñ",
    "c": "ç",
    "y": "ý",
    "s": "ß",
    "d": "ð",
    "A": "ÄÅÁ",
    "O": "ÖØÓ",
    "U": "Ü",
    "E": "ÉÈ",
    "C": "Ç",
    "N": "Ñ",
}

FIRST = """James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph
Jessica Thomas Karen Charles Sarah Daniel Nancy Matthew Lisa Anthony Betty Mark Sandra Paul Ashley Steven Emily Andrew
Donna Joshua Michelle Kevin Carol Brian Amanda George Melissa Edward Deborah Ronald Laura Jason Cynthia Ryan Amy Jacob
Angela Gary Anna Eric Pamela Jonathan Emma Larry Nicole Frank Helen Scott Samantha Carlos Maria Jose Ana Luis Carmen
Pedro Lucia Giulia Marco Paolo Chiara Luca Elena Hans Ulrike Klaus Anja Jan Katarzyna Piotr Agnieszka Ivan Olga Dmitri
Natalia Lars Ingrid Erik Astrid Mikko Aino Pierre Claire Louis Camille Wei Li Ming Yuki Hiroshi Sakura Kenji Priya Raj
Anil Fatima Omar Aisha Hassan Zeynep Mehmet Kwame Ama Chidi Ngozi Ahmed Layla Noah Olivia Liam Ava Mia Zoe Max Leo""".split()
LAST = """Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson
Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson
Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell
Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook
Rogers Schmidt Schneider Fischer Weber Meyer Wagner Becker Hoffmann Rossi Russo Ferrari Bianchi Romano Dubois Moreau
Laurent Silva Santos Oliveira Pereira Kowalski Nowak Novak Svoboda Horvat Popov Ivanov Petrov Jansen Bakker Visser
Hansen Johansen Olsen Larsen Nilsson Virtanen Korhonen Yilmaz Kaya Demir Patel Singh Kumar Shah Khan Ali Chen Wang
Zhang Liu Tanaka Suzuki Sato Kim Park Choi Tran Okafor Mensah Cohen Levy""".split()
FIRST_LATIN1 = """José María Jürgen Björn Åsa Søren Zoë Renée François Héloïse João Conceição Íñigo Núria Günther Jörg
Käthe Mårten Gößta Émile Noël Anaïs Raúl Ángel Inês Luís Frédéric Tomás Özlem Çelik Þóra Ødegaard Märta Benoît""".split()
LAST_LATIN1 = """Müller Schröder Weiß Groß Jäger König Böhm Krüger Strauß Núñez Muñoz Peña Ibáñez García Fernández
Åkesson Lindström Sjöberg Sørensen Jørgensen Møller Bjørk Ångström Lefèvre Béranger Gagné Côté Hébert D'Aragão
Magalhães Simões Conceição Araújo Größl Süßmann Nordström Sjögren Håkansson Ödegård Çetin Özdemir Þórsson Castañeda
Zúñiga""".split()

CITIES = listed(
    """Chicago|Houston|Phoenix|Dallas|Austin|Denver|Boston|Memphis|Portland|Atlanta|Miami|Oakland|Tampa
Newark|Buffalo|Reno|Omaha|Tulsa|Fresno|Mesa|Tucson|Detroit|Columbus|Charlotte|Seattle|Nashville|Baltimore|Louisville
Milwaukee|Boise|Albuquerque|Sacramento|Kansas City|Long Beach|Colorado Springs|San Diego|San Jose|New Orleans
St. Louis|St. Paul|Salt Lake City|Fort Worth|El Paso|Las Vegas|Santa Fe|Baton Rouge|Des Moines|Ann Arbor|Grand Rapids
Cedar Rapids|Toronto|Ottawa|Calgary|Montreal|London|Leeds|Bristol|Glasgow|Dublin|Berlin|Hamburg|Stuttgart|Paris|Lyon
Madrid|Sevilla|Roma|Milano|Wien|Graz|Zug|Bern|Utrecht|Oslo|Bergen|Malmo|Turku|Gdansk|Praha|Porto|Sydney|Perth|Osaka"""
)

TRADES = """Logistics Supply Foods Tools Systems Industries Electric Hardware Textiles Motors Paper Plastics Chemicals
Imports Trading Medical Labs Robotics Packaging Printing Furniture Ceramics Optical Marine Energy Software Apparel
Outdoor Cycles Garden Coffee Bakery Pharma Instruments Machining Castings Valves Bearings Lighting Parts Studio Press
Distribution Warehouse Freight Cargo Wholesale Retail Products Services Solutions Technologies Materials Coatings""".split()
FORMS = listed("""Inc.|Inc|LLC|Ltd|Ltd.|GmbH|Co.|Corp.|AG|S.A.|B.V.|AB|Oy|SpA|Sp. z o.o.|Pty Ltd|& Sons|& Co.|Group
PLC|S.r.l.|KG|AS|N.V.""")


def syllable(rng, flavour):
    """One syllable; most of them begin with a consonant."""
    onset = rng.choice(ONSETS[flavour]) if rng.random() < 0.92 else ""
    return onset + rng.choice(VOWELS[flavour]) + rng.choice(CODAS[flavour])


def invented(rng, syllables=None, flavour=None, ends=()):
    """An invented pronounceable word with a capital."""
    flavour = flavour or rng.choice(FLAVOURS)
    count = syllables or rng.choice((1, 2, 2, 2, 3))
    word = "".join(syllable(rng, flavour) for _ in range(count))
    if ends and rng.random() < 0.6:
        word = word.rstrip("aeiou") + rng.choice(ends) if len(word) > 3 else word + rng.choice(ends)
    word = word if len(word) > 2 else word + rng.choice(("n", "ra", "lo", "mes"))
    if rng.random() < 0.15:
        word = doubled(rng, word)
    return word[:14].capitalize()


def doubled(rng, word):
    """With one letter behind the first twice: a reader has to count them."""
    place = rng.randrange(1, len(word))
    return word[:place] + word[place] + word[place:]


def accented(rng, word):
    """The word with one or two of its letters replaced by Latin-1 relatives."""
    letters = list(word)
    places = [place for place, letter in enumerate(letters) if letter in ACCENTS]
    for place in rng.sample(places, min(len(places), rng.choice((1, 1, 2)))):
        letters[place] = rng.choice(ACCENTS[letters[place]])
    return "".join(letters)


def first_name(rng, latin1=False):
    if latin1 and rng.random() < 0.5:
        return rng.choice(FIRST_LATIN1) if rng.random() < 0.5 else accented(rng, invented(rng, 2))
    return rng.choice(FIRST) if rng.random() < 0.45 else invented(rng, rng.choice((1, 2, 2, 3)))


def last_name(rng, latin1=False):
    if latin1 and rng.random() < 0.6:
        return rng.choice(LAST_LATIN1) if rng.random() < 0.5 else accented(rng, invented(rng, 2))
    if rng.random() < 0.4:
        return rng.choice(LAST)
    flavour = rng.choice(FLAVOURS)
    name = invented(rng, rng.choice((1, 1, 2)), flavour, SURNAME_ENDS[flavour])
    kind = rng.random()
    if kind < 0.04:
        return rng.choice(("Mc", "O'", "Mac", "D'", "De", "van ", "von ", "de la ", "Le ")) + name
    return f"{name}-{invented(rng, 2)}" if kind < 0.07 else name


def person(rng, latin1=False):
    """A person as labels write one: initials, titles, surname first."""
    first, last = first_name(rng, latin1), last_name(rng, latin1)
    initial = rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    kind = rng.random()
    if kind < 0.5:
        return f"{first} {last}"
    if kind < 0.68:
        return f"{first} {initial}. {last}"
    if kind < 0.74:
        return f"{first} {initial} {last}"
    if kind < 0.82:
        return f"{initial}. {last}"
    if kind < 0.87:
        return f"{last}, {first}"
    if kind < 0.9:
        return f"{initial}.{rng.choice('ABCDEFGHJKLMPRSTW')}. {last}"
    if kind < 0.95:
        return f"{rng.choice(('Mr.', 'Mrs.', 'Ms.', 'Dr.', 'Mr', 'Prof.', 'Herr', 'Mme'))} {first} {last}"
    return f"{first} {last} {rng.choice(('Jr.', 'II', 'III', 'MD', 'Sr.', 'PhD'))}"


def place(rng, latin1=False):
    """A city."""
    if not latin1 and rng.random() < 0.3:
        return rng.choice(CITIES)
    name = invented(rng, rng.choice((1, 2, 2)), None, PLACE_ENDS)
    if latin1 and rng.random() < 0.7:
        name = accented(rng, name)
    kind = rng.random()
    if kind < 0.06:
        return (
            rng.choice(
                (
                    "New",
                    "North",
                    "South",
                    "East",
                    "West",
                    "Old",
                    "Upper",
                    "Mount",
                    "Lake",
                    "Fort",
                    "San",
                    "Santa",
                    "St.",
                    "Port",
                    "Bad",
                    "Le",
                    "La",
                )
            )
            + " "
            + name
        )
    return (
        f"{name} {rng.choice(('City', 'Falls', 'Springs', 'Beach', 'Hills', 'Park', 'Heights'))}"
        if kind < 0.1
        else name
    )


def company(rng, latin1=False):
    """A company: invented word or surname, trade, legal form."""
    name = invented(rng) if rng.random() < 0.65 else last_name(rng)
    if latin1 and rng.random() < 0.6:
        name = accented(rng, name)
    kind = rng.random()
    if kind < 0.2:
        return f"{name} {rng.choice(FORMS)}"
    if kind < 0.55:
        return f"{name} {rng.choice(TRADES)}"
    if kind < 0.75:
        return f"{name} {rng.choice(TRADES)} {rng.choice(FORMS)}"
    if kind < 0.83:
        return f"{name} & {last_name(rng, latin1)}"
    if kind < 0.88:
        return (
            "".join(rng.choices("ABCDEFGHIJKLMNOPRSTUVWXYZ", k=rng.choice((2, 3, 3, 4)))) + " " + rng.choice(TRADES)
        )
    if kind < 0.92:
        return f"{name}{rng.choice(('tech', 'soft', 'line', 'plus', 'pro', 'mart', 'net', '.com', 'X', '24', '3D'))}"
    return f"{name} {rng.choice(TRADES)} {rng.choice(('of', 'at'))} {place(rng, latin1)}" if kind < 0.95 else name
