"""The text of an RTF (Rich Text Format Specification 1.9.1), without its form."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from typing import Final

from carnet.standards.texts.parts import TextError

_TOKEN: Final = re.compile(
    rb"\\(?:'(?P<byte>[0-9a-fA-F]{2})"
    rb"|(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?"
    rb"|(?P<sign>.))"
    rb"|(?P<open>\{)|(?P<close>\})"
    rb"|(?P<text>[^\\{}\r\n]+)",
    re.DOTALL,
)
#: Groups whose words are not the document's.
_HIDDEN: Final = frozenset(
    (
        b"fonttbl colortbl stylesheet info pict object themedata colorschememapping "
        b"listtable listoverridetable latentstyles datastore generator rsidtbl xmlnstbl "
        b"fldinst filetbl revtbl mmathPr header headerl headerr headerf footer footerl "
        b"footerr footerf"
    ).split()
)
_WORDS: Final[Mapping[bytes, str]] = {
    **dict.fromkeys((b"par", b"line", b"row", b"sect", b"page", b"column"), "\n"),
    **dict.fromkeys((b"tab", b"cell", b"nestcell", b"emspace", b"enspace", b"qmspace"), " "),
    b"emdash": "—",
    b"endash": "–",
    b"lquote": "‘",
    b"rquote": "’",
    b"ldblquote": "“",
    b"rdblquote": "”",
    b"bullet": "•",
}
_SIGNS: Final = {b"~": "\u00a0", b"_": "-", b"-": "\u00ad", b"\n": "\n", b"\r": "\n"}
_DEEPEST: Final = 500


def text_of(data: bytes) -> str:
    """The words. Raises `TextError` (unreadable) for what is no RTF, or holds raw binary data."""
    if not data.lstrip().startswith(b"{\\rtf"):
        raise TextError("unreadable", "the file does not begin as an RTF")
    return _Rtf().text_of(data)


class _Rtf:
    """What is known while one document is read."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._bytes = bytearray()  #: not yet decoded
        self._codec = "cp1252"
        self._groups: list[tuple[bool, int]] = []
        self._hidden = False
        self._fallback = 1  #: characters that stand after a \u for those who cannot read it
        self._skip = 0  #: of them, still to be left out
        self._high = 0  #: first half of a character beyond U+FFFF

    def text_of(self, data: bytes) -> str:
        act: Mapping[str, Callable[[re.Match[bytes]], None]] = {
            "open": self._open,
            "close": self._close,
            "byte": self._byte,
            "text": self._text,
            "sign": self._sign,
            "word": self._word,
            "number": self._word,
        }
        for token in _TOKEN.finditer(data):
            act[token.lastgroup or "text"](token)
        self._flush()
        return "".join(self._pieces)

    def _open(self, _token: re.Match[bytes]) -> None:
        if len(self._groups) >= _DEEPEST:
            raise TextError("unreadable", "the groups of the RTF are too deep")
        self._flush()
        self._skip = 0
        self._groups.append((self._hidden, self._fallback))

    def _close(self, _token: re.Match[bytes]) -> None:
        self._flush()
        self._skip = 0
        if self._groups:
            self._hidden, self._fallback = self._groups.pop()

    def _byte(self, token: re.Match[bytes]) -> None:
        if self._skip:
            self._skip -= 1
        elif not self._hidden:
            self._bytes.append(int(token["byte"], 16))

    def _text(self, token: re.Match[bytes]) -> None:
        text = token["text"]
        if not self._hidden:
            self._bytes += text[self._skip :]
        self._skip = max(0, self._skip - len(text))

    def _sign(self, token: re.Match[bytes]) -> None:
        sign = token["sign"]
        if sign == b"*":
            self._hidden = True  # a group that an old reader leaves out, and so do we
        elif self._skip:
            self._skip -= 1
        else:
            self._add(_SIGNS.get(sign, sign.decode("ascii", errors="ignore")))

    def _word(self, token: re.Match[bytes]) -> None:
        word, number = token["word"], int(token["number"] or 0)
        if word == b"u" and token["number"]:
            self._character(number % 65536)
        elif word == b"uc":
            self._fallback = min(max(number, 0), 8)
        elif word == b"ansicpg":
            self._codec = _codec(number)
        elif word == b"mac":
            self._codec = "mac_roman"
        elif word == b"bin":
            raise TextError("unreadable", "the RTF holds raw binary data")
        elif word in _HIDDEN:
            self._hidden = True
        elif word in _WORDS:
            self._add(_WORDS[word])

    def _character(self, code: int) -> None:
        self._skip = self._fallback
        if 0xD800 <= code < 0xDC00:
            self._high = code
        elif 0xDC00 <= code < 0xE000:
            if self._high:
                self._add(chr(0x10000 + ((self._high - 0xD800) << 10) + code - 0xDC00))
            self._high = 0
        else:
            self._add(chr(code))

    def _add(self, text: str) -> None:
        if not self._hidden:
            self._flush()
            self._pieces.append(text)

    def _flush(self) -> None:
        if self._bytes:
            self._pieces.append(self._bytes.decode(self._codec, errors="replace"))
            self._bytes.clear()


def _codec(page: int) -> str:
    name = {10000: "mac_roman", 65001: "utf-8"}.get(page, f"cp{page}")
    try:
        codecs.lookup(name)
    except LookupError:
        return "cp1252"
    return name
