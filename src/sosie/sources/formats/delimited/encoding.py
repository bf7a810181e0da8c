"""Detects the encoding of a text file."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from sosie.sources.files.data import DataFile

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1 << 20
_EVIDENCE = 1 << 18
"""The detector examines this many bytes of lines with non-ASCII characters."""

_EAST_ASIAN = {"cp932": "Shift-JIS", "euc_jp": "EUC-JP", "gb18030": "GB18030", "big5": "Big5", "cp949": "EUC-KR"}
_KANA = re.compile(r"[\u3041-\u30ff]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_EAST_ASIAN_LETTER = re.compile(r"[\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff00-\uff60]")
_LONG_RUN = re.compile(rb"[\x80-\xff]{4,}")
_HIGH = re.compile(rb"[\x80-\xff]")
_LEADS = {"cp932": re.compile(rb"[\x81-\x9f\xe0-\xfc][\x40-\xfc]"), "big5": re.compile(rb"[\x81-\xfe][\x40-\xfe]")}
_COMMON_LEADS = {"cp932": range(0x81, 0xA0), "big5": range(0xA1, 0xC7)}

_ALPHABETS = {
    "cp1252": ("äöüßÄÖÜéàè", "éèêëàâçùûîïôœæÉÈÊÀÂÇÔŒ", "áéíóúñüÁÉÍÓÚÑÜ", "áâãàçéêíóôõúÁÂÃÀÇÉÊÍÓÔÕÚ", "àèéìíòóùÀÈÉÌÒÙ",
               "åäöæøéÅÄÖÆØÉ", "ëïéèöüáóí"),
    "cp1250": ("áčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ", "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ", "áéíóöőúüűÁÉÍÓÖŐÚÜŰ", "čćđšžČĆĐŠŽ", "ăâîşţĂÂÎŞŢ",
               "áäčďéíĺľňóôŕšťúýžÁČĽŠŤŽ"),
    "iso8859_2": ("áčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ", "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ", "áéíóöőúüűÁÉÍÓÖŐÚÜŰ"),
    "cp1254": ("çğıöşüÇĞİÖŞÜ",),
}  # fmt: skip
"""For each codec, the non-ASCII letters of the languages that are written in it. A table is mostly in one language."""

_OTHER_SCRIPTS = ["cp1251", "koi8_r", "cp1253", "cp1255", "cp1256"]

codecs.register_error("sosie.cp1252", lambda error: _as_windows(error))


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec, its error handler and its name. ``guessed`` is False if there is a byte order mark."""

    codec: str
    errors: str
    name: str
    guessed: bool = False
    stray_bytes: int = 0


def detect_encoding(file: DataFile) -> Encoding:
    """The encoding of a file, by its byte order mark or its bytes."""
    head = file.head(_CHUNK)
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return Encoding(codec, "replace", codec.removesuffix("-sig").upper())
    if codec := _utf16_without_mark(head):
        return Encoding(codec, "replace", f"{codec.upper()} without a mark", guessed=True)
    survey = _Utf8Survey()
    with file.open() as stream:
        while chunk := stream.read(_CHUNK):
            survey.add(chunk)
    if not survey.stray:
        return Encoding("utf-8", "sosie.cp1252", "UTF-8")
    if survey.sound > survey.stray:
        return Encoding("utf-8", "sosie.cp1252", "UTF-8", stray_bytes=survey.stray)
    return _eight_bit_or_east_asian(bytes(survey.evidence))


class _Utf8Survey:
    """Counts a file's invalid bytes and valid non-ASCII characters, read as UTF-8."""

    def __init__(self) -> None:
        self.sound = 0
        self.stray = 0
        self.evidence = bytearray()
        self._rest = b""

    def add(self, chunk: bytes) -> None:
        """Counts the next bytes. An incomplete character is kept for the next call."""
        data = self._rest + chunk
        self._rest = b""
        if data.isascii():
            return
        try:
            data.decode()
        except UnicodeDecodeError as error:
            if error.end == len(data) and error.reason == "unexpected end of data":
                self._rest, data = data[error.start :], data[: error.start]
        self._count(data)

    def _count(self, data: bytes) -> None:
        text = data.decode("utf-8", "surrogateescape")
        beyond = sum(map(len, re.findall(r"[\u0080-\ud7ff\ue000-\U0010ffff]+", text)))
        stray = sum(map(len, re.findall(r"[\udc80-\udcff]+", text)))
        self.sound, self.stray = self.sound + beyond, self.stray + stray
        if stray and len(self.evidence) < _EVIDENCE:
            self.evidence += b"\n".join(line for line in data.split(b"\n") if not line.isascii())[:_EVIDENCE]


def _utf16_without_mark(head: bytes) -> str:
    sample = head[:4096]
    even, odd = sample[0::2], sample[1::2]
    if len(sample) < 8:
        return ""
    if odd.count(0) > len(odd) * 0.4 and even.count(0) < len(even) * 0.1:
        return "utf-16-le"
    return "utf-16-be" if even.count(0) > len(even) * 0.4 and odd.count(0) < len(odd) * 0.1 else ""


def _eight_bit_or_east_asian(evidence: bytes) -> Encoding:
    sample = evidence[:65536]
    codec = _east_asian(sample) or _alphabet(sample) or _other_script(sample) or "cp1252"
    return Encoding(codec, "replace", _EAST_ASIAN.get(codec) or _codec_name(codec), guessed=True)


def _east_asian(evidence: bytes) -> str:
    """The East Asian codec that decodes nearly all bytes to letters of its language; empty if there is none."""
    texts = {codec: _letters(evidence, codec) for codec in _EAST_ASIAN if _has_its_pattern(evidence, codec)}
    sound = {codec: text for codec, text in texts.items() if _share(_EAST_ASIAN_LETTER, text) > 0.9}
    if "cp932" in sound:
        return "cp932"
    if "euc_jp" in sound and _share(_KANA, sound["euc_jp"]) > 0.05:
        return "euc_jp"
    if "cp949" in sound and _share(_HANGUL, sound["cp949"]) > 0.6:
        return "cp949"
    return next((codec for codec in ("big5", "gb18030") if codec in sound), "")


def _has_its_pattern(evidence: bytes, codec: str) -> bool:
    """True if the bytes are distributed as in this codec, and not as in a Western language."""
    if codec in _LEADS:
        leads = [pair[0] for pair in _LEADS[codec].findall(evidence)]
        return bool(leads) and sum(lead in _COMMON_LEADS[codec] for lead in leads) > 0.9 * len(leads)
    return sum(map(len, _LONG_RUN.findall(evidence))) > 0.6 * len(_HIGH.findall(evidence))


def _letters(evidence: bytes, codec: str) -> str:
    return "".join(character for character in evidence.decode(codec, "replace") if ord(character) > 127)


def _share(of: re.Pattern[str], text: str) -> float:
    return len(of.findall(text)) / len(text) if text else 0.0


def _alphabet(evidence: bytes) -> str:
    """The codec in which the non-ASCII letters belong to one language; empty if there is none."""
    scores = {
        codec: max(_belonging(evidence, codec, letters) for letters in sets) for codec, sets in _ALPHABETS.items()
    }
    best = max(scores, key=scores.__getitem__)
    return best if scores[best] > 0.8 else ""


def _belonging(evidence: bytes, codec: str, letters: str) -> float:
    """The share of letters that belong to a language. A symbol between two letters counts as a wrong letter."""
    text = evidence.decode(codec, "replace")
    own = sum(map(text.count, letters))
    wrong = sum(character.isalpha() and ord(character) > 127 and character not in letters for character in text)
    wrong += len(re.findall(r"(?<=[^\W\d_])[\u0080-\u00bf\ufffd](?=[^\W\d_])", text))
    return own / (own + wrong) if own else 0.0


def _other_script(evidence: bytes) -> str:
    """The codec for Cyrillic, Greek, Hebrew or Arabic, if the detector is sure and nearly all characters letters."""
    if not any(map(str.isalpha, _letters(evidence, "cp1252"))):
        return ""
    from charset_normalizer import from_bytes

    best = from_bytes(evidence, cp_isolation=_OTHER_SCRIPTS, threshold=0.3).best()
    return best.encoding if best and _mostly_letters(evidence, best.encoding) else ""


def _mostly_letters(evidence: bytes, codec: str) -> bool:
    high = [character for character in evidence.decode(codec, "replace") if ord(character) > 127]
    return sum(map(str.isalpha, high)) > 0.9 * len(high)


def _codec_name(codec: str) -> str:
    return (
        codec.replace("cp125", "Windows-125")
        .replace("iso8859_", "ISO 8859-")
        .replace("_", "-")
        .upper()
        .replace("WINDOWS", "Windows")
    )


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Decodes bytes that are invalid UTF-8 as Windows-1252, so that a cell in another encoding is still readable."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end
