"""Draw the app's icons for phones: ``python scripts/icons.py`` writes them into dashboard/static."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).parent.parent / "dashboard" / "static"
BLUE, WHITE = (11, 79, 150), (255, 255, 255)
SMOOTH = 4
"""Drawn so many times larger, then made smaller: smooth edges."""
COLOURS = 16


def draw(size: int, *, share: float, corner: float) -> Image.Image:
    """Draw a house on blue.

    Parameters
    ----------
    size
        Edge in pixels.
    share
        Of the edge that the house takes; a phone that cuts a circle needs a smaller one.
    corner
        Radius of the corners as a share of the edge.
    """
    edge = size * SMOOTH
    image = Image.new("RGBA", (edge, edge), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((0, 0, edge - 1, edge - 1), corner * edge, fill=BLUE)

    def at(x: float, y: float) -> tuple[float, float]:
        scale = edge * share / 20
        return edge / 2 + (x - 16) * scale, edge / 2 + (y - 16) * scale

    width = round(edge * share / 20 * 2.6)
    for line in ([(6, 17), (16, 8), (26, 17)], [(10, 15), (10, 24), (22, 24), (22, 15)]):
        points = [at(x, y) for x, y in line]
        pen.line(points, fill=WHITE, width=width, joint="curve")
        for x, y in points:
            half = width / 2
            pen.ellipse((x - half, y - half, x + half, y + half), fill=WHITE)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def main() -> None:
    """Write every icon."""
    for name, size, share, corner in (
        ("icon-180", 180, 0.62, 0.0),
        ("icon-192", 192, 0.62, 0.22),
        ("icon-512", 512, 0.62, 0.22),
        ("icon-maskable", 512, 0.46, 0.0),
    ):
        image = draw(size, share=share, corner=corner)
        image.quantize(COLOURS).save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
