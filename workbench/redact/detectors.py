"""One detector per kind of personal data: a pattern, and a check wherever the kind has one.

Every pattern starts at a boundary and is bounded in length, so that a hostile text of hundreds of
thousands of characters costs linear time.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

SpanKind = Literal["EMAIL", "PHONE", "CARD", "IBAN", "SSN", "IP", "URL", "KEY"]


@dataclass(frozen=True)
class Span:
    """A piece of personal data in a text.

    Attributes:
        kind: What it is.
        start: The index of its first character.
        end: The index after its last character.
        text: The characters between the two.
    """

    kind: SpanKind
    start: int
    end: int
    text: str


def _span(kind: SpanKind, match: re.Match[str]) -> Span:
    return Span(kind, match.start(), match.end(), match[0])


_NUMBERED = re.compile(
    r"(?:(?<![^\W_])(?:orders?|purchase|tracking|parcel|package|waybill|consignment|barcode|shipment|invoice|receipt|ticket|(?<!in )case|reference|ref|booking|item"
    r"|article|sku|isbn|ean|serial|model|part|account|customer|voucher|coupon|gift ?card|transaction"
    r"|confirmation|id|rma|po|order-?id|version|batch|meter|policy|claim)"
    r"(?:[ _]?(?:number|no|nr|num|code|id|is|was|s))*[ .:#=(\[\"']*|#\s?)$",
    re.IGNORECASE,
)
"""What stands directly in front of a number that numbers a thing and not a person, as in a text or in JSON."""

# --- credentials -------------------------------------------------------------------------------

_ADDRESS = re.compile(
    r"\b(?:https?|ftp|wss?|postgres(?:ql)?|mysql|mongodb(?:\+srv)?|redis|amqp)://[^\s<>\"'`]+", re.IGNORECASE
)
_LETS_IN = re.compile(
    r"//[^/?#@\s]*:[^/?#@\s]+@"
    r"|[?&#;][\w.-]{0,40}(?:token|secret|passw(?:or)?d|pwd|signature|credential|api_?-?key|access_?key|auth"
    r"|session(?:_?id)?|otp)[\w.-]{0,20}="
    r"|[?&#;](?:sig|key|code|sid|jwt|pw)=[^&\s]{16,}"
    r"|/(?:reset|verify|confirm|magic|invite|activate|unsubscribe|login|auth|signin|recover)[\w-]{0,20}"
    r"/(?=[\w.~-]{0,80}\d)[\w.~-]{12,}",
    re.IGNORECASE,
)


def _urls(text: str) -> Iterator[Span]:
    """Find addresses that let somebody in: with a password, a token, or a one-time path."""
    for match in _ADDRESS.finditer(text):
        url = match[0].rstrip(".,;:!?)]}*")
        if _LETS_IN.search(url):
            yield Span("URL", match.start(), match.start() + len(url), url)


_KEY = re.compile(
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[A-Za-z0-9+/=\s:,-]{0,8000}?-----END [A-Z ]{0,40}PRIVATE KEY-----"
    r"|(?<![A-Za-z0-9_-])(?:"
    r"sk-(?=[A-Za-z_-]{0,250}[0-9])[A-Za-z0-9_-]{16,250}"
    r"|(?:sk|rk|pk|whsec)_(?:live_|test_)?[A-Za-z0-9]{16,250}"
    r"|(?:AKIA|ASIA|AGPA|AIDA|AROA)[0-9A-Z]{16}"
    r"|gh[oprsu]_[A-Za-z0-9]{36,250}|github_pat_\w{22,250}|glpat-[\w-]{20,250}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,250}|xapp-[A-Za-z0-9-]{10,250}"
    r"|AIza[\w-]{35}|ya29\.[\w-]{20,250}"
    r"|SG\.[\w-]{16,64}\.[\w-]{16,64}|hf_[A-Za-z0-9]{30,250}|npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,250}"
    r"|dop_v1_[0-9a-f]{64}|key-[0-9a-f]{32}|AC[0-9a-f]{32}|SK[0-9a-f]{32}"
    r"|eyJ[\w-]{8,2000}\.eyJ[\w-]{8,4000}\.[\w-]{8,2000}"
    r")(?![A-Za-z0-9])"
    r"|(?<=[Bb]earer )[A-Za-z0-9._~+/-]{20,2000}=*"
)
"""Shapes that the issuers document, so that scanners find leaked keys."""


def _keys(text: str) -> Iterator[Span]:
    return (_span("KEY", match) for match in _KEY.finditer(text))


_EMAIL = re.compile(r"(?<![\w.+%'-])[\w.+%'-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])")


def _emails(text: str) -> Iterator[Span]:
    for match in _EMAIL.finditer(text):
        start = match.start() + len(match[0]) - len(match[0].lstrip("'.-"))
        if text[start] != "@":
            yield Span("EMAIL", start, match.end(), text[start : match.end()])


# --- numbers with a checksum -------------------------------------------------------------------

_IBAN_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?=[ A-Za-z0-9-])")
_IBAN_LENGTHS = {
    code: int(length)
    for code, length in re.findall(
        r"([A-Z]{2})(\d\d)",
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18"
        "FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27"
        "MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27"
        "SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30",
    )
}
"""Characters of an IBAN by country. Source: SWIFT, IBAN Registry (ISO 13616)."""


def _ibans(text: str) -> Iterator[Span]:
    for start in _IBAN_START.finditer(text):
        length = _IBAN_LENGTHS.get(start[0][:2].upper())
        if length is None:
            continue
        # Written in fours or in one go; a space anywhere else is the end of another number.
        fours, rest = divmod(length, 4)
        shape = rf"[A-Za-z0-9]{{4}}(?:[ -]?[A-Za-z0-9]{{4}}){{{fours - 1}}}(?:[ -]?[A-Za-z0-9]{{{rest}}})(?![A-Za-z0-9])"
        whole = re.compile(shape).match(text, start.start())
        if whole and _mod97(re.sub(r"[ -]", "", whole[0])) == 1:
            yield _span("IBAN", whole)


def _mod97(iban: str) -> int:
    """Return the remainder that is 1 for a valid IBAN. Source: ISO/IEC 7064, MOD 97-10."""
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97


_DIGIT_RUN = re.compile(r"(?<!\w)(?<![0-9][.,])[0-9]+(?:[ -][0-9]+)*(?!\w|[.,][0-9])")
_DOTTED_RUN = re.compile(
    r"(?<!\w)(?<![0-9][.,])[0-9]{4}(?:\.[0-9]{4,6}){2,3}(?:\.[0-9]{1,4})?(?!\w|[.,][0-9])"
)
"""Digits in the groups of a card with dots between them. A number with one dot is a fraction, and one in threes an
amount."""

_CARD = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|6(?:011|4[4-9]\d|5\d\d)\d{12,15}|35(?:2[89]|[3-8]\d)\d{12,15}|3(?:0[0-5]|[689]\d)\d{11}|62\d{14,17}"
    r"|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{8,15}"
)
"""Prefixes and lengths of the card networks. Source: the issuer ranges of ISO/IEC 7812 as they publish them."""


def _cards(text: str) -> Iterator[Span]:
    for run in (*_DIGIT_RUN.finditer(text), *_DOTTED_RUN.finditer(text)):
        groups = list(re.finditer(r"[0-9]+", run[0]))
        first = 0
        while first < len(groups):
            ends = range(min(len(groups), first + 5), first, -1)
            last = next((n for n in ends if _is_card([group[0] for group in groups[first:n]])), 0)
            if last:
                start, end = run.start() + groups[first].start(), run.start() + groups[last - 1].end()
                yield Span("CARD", start, end, text[start:end])
            first = last or first + 1


def _is_card(groups: list[str]) -> bool:
    # Printed as on the card, or in one go: order numbers such as 3-7-7 digits pass Luhn one time in ten.
    sizes = " ".join(str(len(group)) for group in groups)
    digits = "".join(groups)
    if not re.fullmatch(r"1\d|4( 4){2,3}( [1-4])?|4 6 [45]|8 8", sizes) or not _CARD.fullmatch(digits):
        return False
    # Luhn: every second digit from the right is doubled and its digits summed (ISO/IEC 7812-1, annex B).
    return (
        sum(sum(divmod(int(digit) * (1 + n % 2), 10)) for n, digit in enumerate(reversed(digits))) % 10 == 0
    )


# --- addresses of machines ---------------------------------------------------------------------

_IPV4 = re.compile(r"(?<![\w.:-])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w-]|\.[0-9])")
_IPV6 = re.compile(
    r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:(?<=:)(?:[0-9]{1,3}\.){3}[0-9]{1,3})?"
    # A colon behind an address is the sentence's own.
    r"(?:(?<=[0-9A-Fa-f])|(?<=::))(?!\w|:[\w:]|\.[0-9])"
)
_VERSION = re.compile(
    r"(?:\bv|version|firmware|release|build|section|clause|app|ios|android)[ .:]{0,2}$", re.IGNORECASE
)


def _ips(text: str) -> Iterator[Span]:
    for pattern in (_IPV4, _IPV6):
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - 12) : match.start()]
            # `::` and `a::b` are addresses by the letter, and in a chat they are something else.
            slight = len(match[0]) < 6 or not re.search("[0-9]", match[0])
            if not slight and not _VERSION.search(before) and _is_ip(match[0]):
                yield _span("IP", match)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


# --- numbers known by their form and by the words in front -------------------------------------

_SSN_WORD = re.compile(r"(?:\bssn|social security(?: (?:number|no))?)(?:[ .:#=]| is| was)*$", re.IGNORECASE)
_SSN = re.compile(
    r"(?<![\w-])(?!000|666|9)[0-9]{3}(?P<gap>[- ]?)(?!00)[0-9]{2}(?P=gap)(?!0000)[0-9]{4}(?!\w|-[0-9])"
)


def _ssns(text: str) -> Iterator[Span]:
    """Find US social security numbers. Source of the ranges never issued: SSA, POMS RM 10201.035."""
    for match in _SSN.finditer(text):
        before = text[max(0, match.start() - 40) : match.start()]
        if _SSN_WORD.search(before) or (match["gap"] == "-" and not _NUMBERED.search(before)):
            yield _span("SSN", match)


_PHONE = re.compile(
    r"(?<![\w+/$€£-])(?<![0-9][.,])(?:"
    r"(?P<international>(?:\+ ?|00 ?(?=[1-9][0-9]{0,2}[ .()/-]))[1-9][0-9]{0,14}(?:[ .()/-]{1,2}[0-9]{1,12}){0,6})"
    r"|(?P<american>(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d(?P<mark>[ .-]))[2-9]\d\d(?(mark)(?P=mark)|[ .-])\d{4})"
    r"|(?P<french>0[1-9](?P<dot>[ .-])\d\d(?:(?P=dot)\d\d){3})"
    r"|(?P<national>\(?0[0-9]{1,4}\)?(?:[ /-]{1,2}[0-9]{2,8}){1,5})"
    r"|(?P<bare>[2-9][0-9]{9}|1[2-9][0-9]{2}[2-9][0-9]{6}|0[1-9][0-9]{8,9})(?![0-9])"
    r"|(?P<plain>(?!000)[0-9]{9,12})"
    r")(?!\w|[.,:/-][0-9])"
)
_DATE = re.compile(r"[0-9]{1,2}([/-])[0-9]{1,2}\1[0-9]{2,4}")
_CALLED = re.compile(
    r"(?<![^\W_])(?:phone|mobile|cell|call|ring|tel|telephone|whatsapp|text|sms|reach|contact|handy|number|dial|fax)"
    r"(?:[ .:=_\"']|(?<![^\W_])(?:me|us|him|her|is|was|at|on|under|my|back|number|no|please|via|it'?s)\b){0,8}$",
    re.IGNORECASE,
)
_INTERNATIONAL_DIGITS = range(8, 16)
"""Digits of a number with its country code. Source: ITU-T E.164 allows at most 15."""


def _phones(text: str) -> Iterator[Span]:
    """Find telephone numbers: with a country or area code, after words like "call me at", or of as many digits as one has.

    Ten bare digits may number a thing or a telephone. Where nothing says that they number a thing they are taken for a
    telephone number: a placeholder costs a prompt little. Those that begin with 1 are not, since no national number
    does, and the seconds since 1970 do.
    """
    for match in _PHONE.finditer(text):
        before = text[max(0, match.start() - 40) : match.start()]
        digits = len(re.sub(r"\D", "", match[0]).removeprefix("00"))
        if match[0][0] == "+":
            found = digits in _INTERNATIONAL_DIGITS
        elif re.search("[0-9][ -]$", before):
            found = False  # the tail of a longer number
        elif match["international"]:
            found = digits in _INTERNATIONAL_DIGITS and not _NUMBERED.search(before)
        elif match["national"]:
            found = digits in range(9, 13) and not _DATE.match(match[0]) and not _NUMBERED.search(before)
        elif match["plain"]:
            found = bool(_CALLED.search(before)) and not _NUMBERED.search(before)
        else:
            found = not _NUMBERED.search(before)
        if found:
            yield _span("PHONE", match)


DETECTORS = (_urls, _keys, _emails, _ibans, _cards, _ips, _ssns, _phones)
"""In the order of trust: a span found by an earlier detector is not looked at by a later one."""
