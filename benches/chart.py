"""A bar chart as SVG, readable on a light and on a dark page."""

from html import escape

WIDTH = 860
LABEL = 150
BAR = 16
GAP = 5
TITLE = 30
# One for each server in its order; each has contrast on white and on black.
COLOURS = ["#8a8f98", "#d9480f", "#2b8a9e", "#6a8f3a", "#8e6bbf", "#b98a1d", "#4a7bd0", "#c2547f"]

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1c1e21; }
  .title { font-weight: 600; }
  .limit { stroke: #1c1e21; stroke-dasharray: 3 3; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6e8eb; }
    .limit { stroke: #e6e8eb; }
  }
"""


def draw(groups):
    """`groups`: a title and the bars below it, each a name and a ratio."""
    names = []
    for _, bars in groups:
        names += [name for name, _ in bars if name not in names]
    longest = max([ratio for _, bars in groups for _, ratio in bars], default=1.0)
    scale = (WIDTH - LABEL - 70) / max(longest, 1.0)
    limit = LABEL + scale
    parts, y = [], 10
    for title, bars in groups:
        parts.append(f'<text class="title" x="0" y="{y + 14}">{escape(title)}</text>')
        y += TITLE - 6
        top = y
        for name, ratio in bars:
            colour = COLOURS[names.index(name) % len(COLOURS)]
            length = max(ratio * scale, 1)
            parts.append(f'<text x="{LABEL - 8}" y="{y + 13}" text-anchor="end">{escape(name)}</text>')
            parts.append(
                f'<rect x="{LABEL}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{colour}"/>'
            )
            parts.append(f'<text x="{LABEL + length + 6:.1f}" y="{y + 13}">{ratio:.2f}</text>')
            y += BAR + GAP
        parts.append(
            f'<line class="limit" x1="{limit:.1f}" x2="{limit:.1f}" y1="{top - 3}" y2="{y}"/>'
        )
        y += 12
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" role="img">'
    label = "<title>Shares of the kernel's limit, by server</title>"
    return "\n".join([head, label, f"<style>{STYLE}</style>", *parts, "</svg>\n"])
