"""Which of the input's tags still hold for the output."""

from __future__ import annotations

from collections.abc import Mapping

_OF_THE_FILE = frozenset(("major_brand", "minor_version", "compatible_brands", "encoder"))
_OF_THE_STREAM = frozenset(
    ("bps", "duration", "encoder", "number_of_bytes", "number_of_frames", "rotate", "vendor_id")
)
_MP4_TAGS = frozenset(
    (
        *("title", "artist", "album_artist", "composer", "album", "date", "comment", "genre"),
        *("copyright", "grouping", "lyrics", "description", "synopsis", "show", "episode_id"),
        *("network", "keywords", "location", "creation_time", "track", "disc", "language"),
    )
)
"""What the MP4 muxer has a place for."""


_QUICKTIME_LANGUAGES = {
    "deu": "ger",
    "ell": "gre",
    "fas": "per",
    "hye": "arm",
    "isl": "ice",
    "mkd": "mac",
    "mya": "bur",
    "nld": "dut",
    "ron": "rum",
    "slk": "slo",
    "sqi": "alb",
    "zho": "chi",
    "ces": "cze",
}
"""QuickTime's own list knows some languages by their older code only."""


_HELD: Mapping[str, frozenset[str]] = {
    "mpegts": frozenset(),
    # The list of RIFF, as FFmpeg knows it.
    "avi": frozenset(
        (
            *("title", "artist", "comment", "copyright", "date", "genre", "language", "album"),
            *("track", "encoded_by", "timecode", "software"),
        )
    ),
}
"""Formats that hold no other tags of the file than these."""


def lost_tags(tags: Mapping[str, str], format_name: str) -> list[str]:
    """Those of the file's tags that a format has no place for."""
    held = _HELD.get(format_name)
    return [] if held is None else [key for key in tags if key.lower() not in held]


def container_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags of a file without those that its muxer wrote about itself."""
    return {key: value for key, value in tags.items() if key.lower() not in _OF_THE_FILE}


def stream_tags(tags: Mapping[str, str], format_name: str) -> dict[str, str]:
    """The tags of a stream without statistics, which need not hold any more."""
    kept = {
        key: value
        for key, value in tags.items()
        # Matroska appends a language: BPS-eng.
        if key.lower().split("-")[0] not in _OF_THE_STREAM
        and not key.lower().startswith("_statistics")
    }
    if format_name == "mov" and kept.get("language") in _QUICKTIME_LANGUAGES:
        kept["language"] = _QUICKTIME_LANGUAGES[kept["language"]]
    return kept


def needs_free_tags(tags: Mapping[str, str]) -> bool:
    """Whether an MP4 can hold all of these tags only in its free form."""
    return any(key.lower() not in _MP4_TAGS for key in tags)
