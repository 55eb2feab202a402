"""Boxes, lines and words on a plane: do they touch, cross, fit?"""

Box = tuple[float, float, float, float]
Point = tuple[float, float]
Line = list[Point]
Segment = tuple[Point, Point]


def text_width(line: str, size: int = 11) -> float:
    """Pixels: a Chinese character is square, a Latin one a little over half as wide."""
    return sum(size if ord(c) > 0x2E7F else size * 0.56 for c in line)


def lines_needed(text: str, width: float, size: int = 12) -> int:
    count = 0
    for line in text.split("\n"):
        used, count = 0.0, count + 1
        chinese = any(ord(c) > 0x2E7F for c in line)
        for word in list(line) if chinese else [w + " " for w in line.split(" ")]:
            step = text_width(word, size)
            if used and used + step > width:
                used, count = 0.0, count + 1
            used += step
    return count


def overlap(a: Box, b: Box, gap: float = 0.0) -> bool:
    beside = a[0] < b[0] + b[2] + gap and b[0] < a[0] + a[2] + gap
    return beside and a[1] < b[1] + b[3] + gap and b[1] < a[1] + a[3] + gap


def inside(a: Box, b: Box) -> bool:
    right, below = a[0] + a[2] <= b[0] + b[2], a[1] + a[3] <= b[1] + b[3]
    return a[0] >= b[0] and a[1] >= b[1] and right and below


def cuts(segment: Segment, area: Box, gap: float = 0.0) -> bool:
    """Whether a segment enters the inside of a box."""
    (x1, y1), (x2, y2) = segment
    x, y, w, h = area[0] - gap, area[1] - gap, area[2] + 2 * gap, area[3] + 2 * gap
    first, last = 0.0, 1.0
    for d, low, high, p in ((x2 - x1, x, x + w, x1), (y2 - y1, y, y + h, y1)):
        if d == 0:
            if not low < p < high:
                return False
        else:
            a, b = sorted(((low - p) / d, (high - p) / d))
            first, last = max(first, a), min(last, b)
    return first < last - 1e-9


def meet(one: Segment, two: Segment) -> bool:
    """Whether two segments share a point."""

    def side(a: Point, b: Point, c: Point) -> int:
        v = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        return (v > 1e-9) - (v < -1e-9)

    def on(a: Point, b: Point, c: Point) -> bool:
        across = min(a[0], b[0]) - 1e-9 <= c[0] <= max(a[0], b[0]) + 1e-9
        return across and min(a[1], b[1]) - 1e-9 <= c[1] <= max(a[1], b[1]) + 1e-9

    (a, b), (c, d) = one, two
    sides = side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)
    if sides[0] != sides[1] and sides[2] != sides[3]:
        return True
    pairs = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(v == 0 and on(*points) for v, points in zip(sides, pairs, strict=True))


def on_border(point: Point, box: Box) -> bool:
    x, y, w, h = box
    across = min(abs(point[0] - x), abs(point[0] - x - w)) < 0.02
    down = min(abs(point[1] - y), abs(point[1] - y - h)) < 0.02
    return cuts((point, (point[0] + 0.01, point[1] + 0.01)), box, 0.02) and (across or down)


def unshared(one: Line, two: Line, *, backwards: bool) -> tuple[Line, Line]:
    """What is left of two lines without the run they share from their common end."""
    a, b = (one[::-1], two[::-1]) if backwards else (list(one), list(two))
    while len(a) > 1 and len(b) > 1:
        (ox, oy), (ax, ay), (bx, by) = a[0], a[1], b[1]
        da, db = (ax - ox, ay - oy), (bx - ox, by - oy)
        if da[0] * db[1] - da[1] * db[0] or da[0] * db[0] + da[1] * db[1] <= 0:
            break
        la, lb = abs(da[0]) + abs(da[1]), abs(db[0]) + abs(db[1])
        if la == lb:
            a, b = a[1:], b[1:]
        elif la < lb:
            a, b = a[1:], [a[1], *b[1:]]
        else:
            a, b = [b[1], *a[1:]], b[1:]
    return _off(a), _off(b)


def _off(line: Line) -> Line:
    """The line from half a pixel past its first point."""
    if len(line) < 2:
        return line
    (x1, y1), (x2, y2) = line[0], line[1]
    n = abs(x2 - x1) + abs(y2 - y1)
    return [(x1 + (x2 - x1) / n * 0.5, y1 + (y2 - y1) / n * 0.5), *line[1:]]
