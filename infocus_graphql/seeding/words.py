"""The vocabulary of the names, titles and notes in the large data set."""

from typing import Final

FIRST_NAMES: Final = tuple(
    "Ada Amir Ana Anders Asha Ayo Bea Bruno Carla Chen Clara Dana Diego Elif Emil Esra Eva Farid "
    "Femi Finn Grace Hana Hugo Ida Ines Ivan Jana João Jonas Kaya Kenji Lars Layla Lena Liam "
    "Lucía Mai Marta Mateo Mila Minh Nadia Nils Noor Olga Omar Paula Priya Rafael Rosa Sami Sana "
    "Sofia Tariq Tomás Uma Vera Wanda Yara Yusuf Zoë".split()
)
LAST_NAMES: Final = tuple(
    "Abebe Adler Almeida Andersson Bauer Bianchi Castillo Chowdhury Costa Demir Diallo Dubois "
    "Eriksen Fischer Fontaine García Haddad Hansen Hughes Ivanova Jansen Kaplan Kim Kowalski "
    "Laine Lindqvist Marino Mbeki Mensah Meyer Moreau Murphy Nakamura Nguyen Novak Okafor "
    "Oliveira Papadakis Petrov Quispe Rahman Rossi Sato Schmidt Silva Tanaka Torres Varga Vidal "
    "Weber Yilmaz Zhang".split()
)
QUALITIES: Final = tuple(
    "Amber Bitter Bright Broken Burning Crimson Crooked Distant Drowning Electric Empty Endless "
    "Fallen Frozen Gentle Golden Hidden Hollow Hungry Invisible Iron Last Lonely Lost Midnight "
    "Northern Paper Patient Quiet Restless Rusted Saffron Secret Second Silent Silver Sleeping "
    "Stolen Stubborn Sunken Tender Unlikely Velvet Wandering Wild Winter".split()
)
THINGS: Final = tuple(
    "Atlas Autumn Basin Beacon Bridge Canyon Castle Cathedral Cipher Citadel Clockmaker Coast "
    "Compass Constellation Detective Dragon Eclipse Ember Empire Falcon Ferry Forest Fortune "
    "Garden Ghost Glacier Harbour Horizon Hunter Inheritance Island Journey Kingdom Lantern "
    "Legend Letter Lighthouse Meadow Mirror Mountain Neighbour Ocean Oracle Orchard Outpost "
    "Passenger Phantom Prairie Promise Raven River Season Shadow Signal Storm Stranger Summit "
    "Temple Thunder Tide Town Tundra Valley Voyage Whisper Witness Wolf".split()
)
PLACES: Final = tuple(
    "Lisbon|Kraków|the Faroe Islands|Montevideo|Lagos|the Scottish Highlands|Busan|Naples|Tbilisi|"
    "Oaxaca|the Atacama Desert|Gothenburg|Hanoi|a town without a railway|Saskatchewan|the far "
    "side of the Moon|Marseille|Jaipur|an oil rig in the North Sea|Wellington".split("|")
)
PEOPLE: Final = tuple(
    "retired cartographer|young surgeon|failed magician|night-shift radio host|chess champion|"
    "ferry captain|pair of estranged sisters|locksmith|village teacher|disgraced journalist|"
    "family of beekeepers|stunt driver|court interpreter|lighthouse keeper|astronomer|pastry cook|"
    "mountain rescuer|band that never had a hit".split("|")
)
EVENTS: Final = tuple(
    "finds a letter that was never sent|loses everything in one night|agrees to one last favour|"
    "hears a voice on a frequency that has been silent for years|inherits a house that nobody "
    "wants|is mistaken for somebody else|wakes up a year later|takes in a child who won't speak|"
    "returns home after the flood|has three days to prove a friend's innocence|discovers that the "
    "town keeps a secret|builds a machine that should not work".split("|")
)
TURNS: Final = tuple(
    "Soon nobody can tell who is hiding what from whom.|What begins as a joke becomes a matter of "
    "life and death.|But the past has other plans.|Old loyalties are put to the test before the "
    "season ends.|An unexpected friendship changes the whole street.|The closer the truth, the "
    "higher its price.|And then the phone rings.|Only the dog seems to know the way out.|Nothing "
    "will be quite the same.|A warm and funny story about starting again.|Told backwards, from "
    "the last day to the first.|Between two storms they find what they were not looking for.".split("|")
)
GENRES: Final = tuple(
    "Action|Adventure|Animation|Comedy|Crime|Documentary|Drama|Family|Fantasy|History|Horror|"
    "Music|Mystery|Romance|Science Fiction|Thriller|War|Western".split("|")
)
OPINIONS: Final = tuple(
    "The first half is slow, the second worth it.|Better than the trailer.|Save it for a rainy "
    "Sunday.|Too scary for the youngest.|With subtitles, please.|Grandma loved it.|Fell asleep, "
    "start again at minute 40.|The soundtrack!|We should see the earlier one first.|Not again.|"
    "One of the best this year.|Only two episodes left.|Somebody at work keeps quoting it.|Good "
    "cast, thin plot.|Watch it on the big screen.|Beautiful pictures, I cried twice.".split("|")
)
ASIDES: Final = tuple(
    "Ask Mum when she has time.|Leaves the service at the end of the month.|Skip the intro.|Don't "
    "read the reviews.|Popcorn is mandatory.|Recommended by a colleague.|Paused at the interval.|"
    "Maybe for the holidays.|Compare with the book.|Dubbed version is fine too.".split("|")
)
SERVICES: Final = tuple(
    "Netflix|Prime Video|Disney Plus|Hulu|Apple TV Plus|Max|Paramount Plus|MUBI|Crunchyroll|BBC "
    "iPlayer|ARTE|Canal Plus".split("|")
)
REGIONS: Final = tuple("AU BR CA CH DE ES FR GB IN IT JP KR MX NL NO PL PT SE US ZA".split())
