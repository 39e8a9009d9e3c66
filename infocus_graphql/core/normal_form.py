"""The normal form of text: the one rule for storing, comparing, searching and unique constraints.

1. Invisible characters are removed: control characters, direction marks such as U+202E, zero-width and
   other default-ignorable characters, noncharacters. They are kept only where they change the display:
   joiners inside emoji (👩‍🚀) and inside scripts that join letters (Persian می‌خواهم), and variation
   selectors after the characters that have variants.
2. Characters are composed (Unicode NFC), so that é is always one character.
3. A single line has no white space at its ends, and one space for each run of white space inside,
   line breaks included. Multi-line text keeps its line breaks, written as `\\n`.

Lengths are counted in characters of the normal form. Applying the rule twice changes nothing.
"""

import re
import unicodedata
from typing import Final

# Line breaks of all systems (Unicode TR 13), and all white space. The empty Braille pattern (U+2800) looks
# like a space too.
_LINE_BREAK: Final = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_WHITE_SPACE: Final = re.compile("[\\s\u2800]+")
_BLANKS_AT_LINE_END: Final = re.compile("[^\\S\n]+(?=\n|$)")

# Control characters other than white space, direction marks, the default-ignorable code points of
# Unicode, annotations, and noncharacters.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    + "".join(f"|[{chr(end - 1)}{chr(end)}]" for end in range(0x1FFFF, 0x110000, 0x10000))
)
_JOINERS: Final = "\u200c\u200d"
_EMOJI: Final = (
    "\xa9\xae\u203c\u2049\u20e3\u2122\u2139\u2190-\u27ff\u2900-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff"
)
# Scripts whose letters join, from Arabic to Tibetan and Myanmar, Khmer and Mongolian, and those of plane 1.
_JOINING: Final = (
    "\u0600-\u061b\u061d-\u109f\u1780-\u17b3\u17b6-\u180a\u1810-\u18af\u1a20-\u1aaf\u1b00-\u1c4f"
    "\ua840-\ua8ff\ua980-\ua9ff\uaa60-\uaaff\uabc0-\uabff\U00010a00-\U00011fff\U0001e900-\U0001e95f"
)
_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fffd\U00030000-\U0003fffd"
# Contexts in which an invisible character is kept. Each alternative starts after the preceding visible one.
_VISIBLE_IN_CONTEXT: Final = re.compile(
    # The flags of England, Scotland and Wales: a black flag, tag letters, and the closing tag.
    "(?<=\U0001f3f4)[\U000e0020-\U000e007e]+\U000e007f"
    # Emoji or text presentation of a symbol; for a digit only in a keycap sequence.
    f"|(?<=[{_EMOJI}])[\ufe0e\ufe0f](?:\u200d(?=[{_EMOJI}]))?"
    f"|(?<=[#*0-9])\ufe0f(?=\u20e3)"
    f"|(?<=[{_EMOJI}])\u200d(?=[{_EMOJI}])"
    # Variants of symbols, of Han characters (as in Japanese names), and of Mongolian letters.
    f"|(?<=[\u2200-\u22ff{_HAN}])[\ufe00-\ufe02]"
    f"|(?<=[{_HAN}])[\U000e0100-\U000e01ef]"
    "|(?<=[\u1820-\u18af])[\u180b-\u180d\u180f]"
    # Between letters of a joining script.
    f"|(?<=[{_JOINING}])[{_JOINERS}](?=[{_JOINING}])"
)
_VIRAMA: Final = (
    9  # the combining class of signs that end an Indic syllable, after which a joiner may end a word
)


def single_line(text: str) -> str:
    """The normal form of a name, a title, a label or a search term."""
    return _WHITE_SPACE.sub(" ", composed(text)).strip(" ")


def multi_line(text: str) -> str:
    """The normal form of notes, messages and descriptions."""
    lines = _BLANKS_AT_LINE_END.sub("", composed(_LINE_BREAK.sub("\n", text)))
    # Text without any visible character is empty.
    return lines.strip() if single_line(lines) else ""


def composed(text: str) -> str:
    """The text without invisible characters, in NFC; white space is left as it is."""
    if text.isascii() and text.isprintable():
        return text
    form = unicodedata.normalize("NFC", text)
    # Repeat until nothing changes: a removed character may have separated a letter from its mark.
    while (cleaner := unicodedata.normalize("NFC", _without_invisible(form))) != form:
        form = cleaner
    return form


def _without_invisible(text: str) -> str:
    if not _INVISIBLE.search(text):
        return text
    kept: list[str] = []
    at = 0
    while at < len(text):
        found = _INVISIBLE.search(text, at)
        if found is None:
            kept.append(text[at:])
            break
        kept.append(text[at : found.start()])
        shown = _shown(text, found.start())
        kept.append(shown)
        at = found.start() + max(len(shown), 1)
    return "".join(kept)


def _shown(text: str, at: int) -> str:
    """The invisible characters at this position that affect what is displayed; "" for none."""
    found = _VISIBLE_IN_CONTEXT.match(text, at)
    if found is not None:
        return found.group()
    after_virama = text[at] in _JOINERS and at > 0 and unicodedata.combining(text[at - 1]) == _VIRAMA
    return text[at] if after_virama else ""
