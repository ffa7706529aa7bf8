"""Bodies that a client can get wrong, as the pieces in which they arrive."""

from __future__ import annotations

import gzip

LONG = 10_000


def json_bodies(name: str, longest: int) -> dict[str, tuple[bytes, ...]]:
    """Bad JSON bodies for an endpoint whose text property is `name`, of at most `longest` characters."""
    good = b'{"%s": "72544"}' % name.encode()
    return _not_an_object(name, good) | _bad_values(name.encode(), longest) | _bad_names(name, good)


def row_bodies() -> dict[str, tuple[bytes, ...]]:
    """Bad JSON bodies for an endpoint that takes rows of orders: no rows at all, and bad ones among good ones."""
    name, good = "orderIdentifier", b'{"orderIdentifier": "72544"}'
    rows = _bad_values(name.encode(), 64) | _bad_names(name, good)
    whole = {case: pieces for case, pieces in _not_an_object(name, good).items() if case != "array"}
    lists = {f"list: {case}": (b"[" + good + b"," + row + b"]",) for case, (row,) in rows.items()}
    items = {f"items: {case}": (b'{"items":[' + row + b"]}",) for case, (row,) in rows.items()}
    return whole | lists | items | {"no rows": (b"[]",), "no items": (b"{}",), "items twice": (_TWICE % (good, good),)}


_TWICE = b'{"items": [%s], "items": [%s]}'


def _not_an_object(name: str, good: bytes) -> dict[str, tuple[bytes, ...]]:
    return {
        "truncated": (good[:-1],),
        "rubbish": (b"rubbish",),
        "blank": (b"  \r\n ",),
        "single quotes": (good.replace(b'"', b"'"),),
        "trailing comma": (good[:-1] + b",}",),
        "comment": (good + b"// x",),
        "two documents": (good + good,),
        "byte order mark": (b"\xef\xbb\xbf" + good,),
        "UTF-16": (good.decode().encode("utf-16"),),
        "compressed": (gzip.compress(good),),
        "form": (name.encode() + b"=72544",),
        "null": (b"null",),
        "array": (b"[" + good + b"]",),
        "text": (b'"72544"',),
        "number": (b"1",),
        "deep arrays": (b"[" * 60_000,),
        "deep closed arrays": (b"[" * 30_000 + b"]" * 30_000,),
        "deep objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000,),
    }


def _bad_values(name: bytes, longest: int) -> dict[str, tuple[bytes, ...]]:
    def value(text: bytes) -> tuple[bytes, ...]:
        return (b'{"%s": %s}' % (name, text),)

    return {
        "number as value": value(b"1"),
        "boolean as value": value(b"true"),
        "array as value": value(b'["72544"]'),
        "object as value": value(b'{"a": "72544"}'),
        "huge integer": value(b"9" * 5_000),
        "huge float": value(b"1e999999"),
        "NaN": value(b"NaN"),
        "infinity": value(b"-Infinity"),
        "too long": value(b'"' + b"A" * (longest + 1) + b'"'),
        "long": value(b'"' + b"A" * LONG + b'"'),
        "raw control": value(b'"a\nb"'),
        "NUL": value(b'"7\\u0000"'),
        "raw NUL": value(b'"7\x00"'),
        "lone surrogate": value(b'"\\ud800"'),
        "swapped surrogates": value(b'"\\udc00\\ud800"'),
        "raw surrogate": value(b'"\xed\xa0\x80"'),
        "not UTF-8": value(b'"\xff"'),
        "bad escape": value(b'"\\x"'),
        "deep value": value(b"[" * 20_000 + b"]" * 20_000),
    }


def _bad_names(name: str, good: bytes) -> dict[str, tuple[bytes, ...]]:
    return {
        "unknown property": (good[:-1] + b', "x": 1}',),
        "other case": (good.replace(name.encode(), name.upper().encode()),),
        "long unknown property": (good[:-1] + b', "' + b"x" * 50_000 + b'": 1}',),
        "NUL in a name": (good[:-1] + b', "\\u0000": 1}',),
        "surrogate in a name": (good[:-1] + b', "\\ud800": 1}',),
        "repeated property": (good[:-1] + b"," + good[1:],),
        "long repeated property": (b'{"' + b"x" * 20_000 + b'": 1, "' + b"x" * 20_000 + b'": 1}',),
        "repeated further in": (good[:-1] + b', "x": {"a": 1, "a": 1}}',),
        "many properties": (b"{" + b",".join(b'"p%d":1' % i for i in range(6_000)) + b"}",),
    }


def form_bodies(name: str) -> dict[str, tuple[bytes, ...]]:
    """Bad form bodies for an endpoint whose text property is `name`."""
    raw = name.encode()
    return {
        "JSON": (b'{"%s": "CUS"}' % raw,),
        "unknown": (raw + b"=CUS&x=1",),
        "repeated": (raw + b"=CUS&" + raw + b"=CUS",),
        "too long": (raw + b"=" + b"A" * 21,),
        "NUL": (raw + b"=%00",),
        "not UTF-8": (raw + b"=%FF",),
        "surrogate": (raw + b"=%ED%A0%80",),
        "many": (b"&".join([raw + b"=1"] * 51),),
    }


def large_bodies(limit: int) -> dict[str, tuple[tuple[bytes, ...], tuple[tuple[str, bytes], ...]]]:
    """Bodies of more than the `limit` of bytes that the service reads, and the headers that go with them."""
    large = b'{"deleteReason": "' + b"A" * 2 * limit + b'"}'
    spaces = b'{"deleteReason": "CUS"' + b" " * limit + b"}"
    return {
        "announced": ((large,), (("content-length", b"%d" % len(large)),)),
        "announced and never sent": ((b"",), (("content-length", b"%d" % len(large)),)),
        "not announced": ((large,), ()),
        "in pieces": (tuple(large[i : i + 8_192] for i in range(0, len(large), 8_192)), ()),
        "more than announced": ((large,), (("content-length", b"10"),)),
        "absurd length": ((b"{}",), (("content-length", b"9" * 5_000),)),
        "a little too large": ((spaces,), ()),
    }
