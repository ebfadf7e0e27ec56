"""bench/journal: counts the events of a gate's journal, from its files (src/events/journal.h)."""
import struct

HEADER_BYTES = 20
FRAME_HEAD = struct.Struct("<II")  # bytes, crc32c
KIND_AT = 5  # of a record
FINAL, GAP = 1, 4


class JournalCount:
    """Goes on where it stopped, so that each run counts only its own."""

    def __init__(self, data):
        self.data = data
        self.read_up_to = {}  # by segment
        self.final = 0
        self.gaps = 0

    def update(self):
        """(final events, gap records) since the gate began."""
        for segment in sorted(self.data.rglob("*.ghj")):
            at = self.read_up_to.get(segment, HEADER_BYTES)
            with segment.open("rb") as file:
                file.seek(at)
                self.read_up_to[segment] = at + self._count(file.read())
        return self.final, self.gaps

    def _count(self, frames):
        at = 0
        while at + FRAME_HEAD.size <= len(frames):
            length, _ = FRAME_HEAD.unpack_from(frames, at)
            end = at + FRAME_HEAD.size + length
            if length == 0 or end > len(frames):
                break
            kind = frames[at + FRAME_HEAD.size + KIND_AT]
            self.final += kind == FINAL
            self.gaps += kind == GAP
            at = end
        return at
